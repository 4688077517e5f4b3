/* SPDX-License-Identifier: MIT */
/*
 * A control program: holds an inverted pendulum upright, one round every period. The plant is simulated in real
 * time, so a round that comes late lets it fall further. The same binary runs on Quest and on Linux.
 *
 * Usage: control PERIOD-US [EVERY [COUNT]]: a line after every EVERY rounds (default 1000), the end after COUNT
 * (default: never). A round is late when it begins a whole period or more after its time. On Quest the usage of its
 * VCPU follows.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include <quest.h>

#define SECOND     1000000000ll
#define STEP       0.001 /* s: the simulation's longest step */
#define GRAVITY    9.81  /* m/s^2, the pendulum is 1 m long */
#define FALLEN     1.0   /* rad */
#define MOST_FORCE 20.0  /* rad/s^2: what the motor can do */

/* PID with both poles of the held pendulum near -6/s and -8/s, and a slow integral for a constant push. */
#define KP 58.0
#define KI 40.0
#define KD 14.0

struct plant {
	double angle, speed; /* rad, rad/s: 0 is upright */
	double force;        /* what the motor does until the next round */
};

struct controller {
	double sum;
};

struct totals {
	long rounds, late;
	long long worst; /* ns */
	double error;    /* rad: largest angle since the last line */
};

static void die(const char *what)
{
	printf("control: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long now(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t))
		die("clock_gettime");
	return t.tv_sec * SECOND + t.tv_nsec;
}

static void wait_until(long long ns)
{
	struct timespec t = {ns / SECOND, ns % SECOND};
	int error;

	do
		error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	while (error == EINTR);
	if (error) {
		errno = error;
		die("clock_nanosleep");
	}
}

static double clamp(double value, double limit)
{
	return value > limit ? limit : value < -limit ? -limit : value;
}

/* `seconds` pass; one push to and fro every two seconds disturbs. Once it lies it stays there. */
static void move_on(struct plant *p, double seconds, long long at)
{
	double push = at / SECOND % 2 ? 2.0 : -2.0;

	while (seconds > 0 && p->angle > -FALLEN && p->angle < FALLEN) {
		double step = seconds < STEP ? seconds : STEP;

		p->speed += (GRAVITY * p->angle + p->force + push) * step;
		p->angle += p->speed * step;
		seconds -= step;
	}
	p->angle = clamp(p->angle, FALLEN);
}

static double force_for(struct controller *c, const struct plant *p, double period)
{
	c->sum = clamp(c->sum + p->angle * period, 1.0);
	return clamp(-(KP * p->angle + KD * p->speed + KI * c->sum), MOST_FORCE);
}

static void tell(struct totals *t)
{
	printf("control: %ld rounds, %ld late, worst wake-up %lld ns, error %.4f rad\n", t->rounds, t->late, t->worst,
		t->error);
	fflush(stdout);
	t->error = 0;
}

static void note(struct totals *t, long long delay, long long period, double angle)
{
	double error = angle < 0 ? -angle : angle;

	t->rounds++;
	if (delay >= period)
		t->late++;
	if (delay > t->worst)
		t->worst = delay;
	if (error > t->error)
		t->error = error;
}

/* COUNT rounds, or for ever if it is 0; all times in ns. */
static void control(struct totals *t, long long period, long every, long count)
{
	struct plant plant = {.angle = 0.1};
	struct controller controller = {0};
	long long last = now(), next = last;

	while (count == 0 || t->rounds < count) {
		long long at;

		next += period;
		wait_until(next);
		at = now();
		move_on(&plant, (double)(at - last) / SECOND, at);
		last = at;
		plant.force = force_for(&controller, &plant, (double)period / SECOND);
		note(t, at - next, period, plant.angle);
		if (t->rounds % every == 0)
			tell(t);
	}
}

/* Only Quest has VCPUs. */
static bool usage_now(struct quest_vcpu_usage *usage)
{
	struct quest_vcpu v;

	return vcpu_getparams(-1, &v, usage) == 0;
}

static long number(const char *text, const char *what, long least)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*text && !*end && value >= least && value <= SECOND)
		return value;
	printf("control: %s is a number from %ld to %lld, not '%s'\n", what, least, SECOND, text);
	exit(2);
}

int main(int argc, char **argv)
{
	struct quest_vcpu_usage before, after;
	struct totals t = {0};
	long period, every, count;
	bool on_quest;

	ioctl(0, TIOCNOTTY); /* the terminal's keys and job control are a shell's, whoever came first */
	if (argc < 2 || argc > 4) {
		printf("usage: control PERIOD-US [EVERY [COUNT]]\n");
		return 2;
	}
	period = number(argv[1], "the period in microseconds", 1);
	every = argc > 2 ? number(argv[2], "EVERY", 1) : 1000;
	count = argc > 3 ? number(argv[3], "COUNT", 0) : 0;
	mlockall(MCL_CURRENT | MCL_FUTURE); /* refused to Linux users with a low limit: then pages come as they are touched */
	on_quest = usage_now(&before);
	control(&t, period * 1000ll, every, count);
	if (on_quest && usage_now(&after))
		printf("control: VCPU missed %llu periods, used up its budget %llu times\n",
			(unsigned long long)after.missed, (unsigned long long)(after.depletions - before.depletions));
	printf("control over: %ld rounds, %ld late\n", t.rounds, t.late);
	return 0;
}

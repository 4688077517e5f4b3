/* SPDX-License-Identifier: MIT */
/* Text on the screen the boot loader left: VGA text mode, or 32-bit pixels. A full screen starts over at the top. */
#include "boot.h"
#include "font.h"

#define CELL_WIDTH  8u
#define CELL_HEIGHT 10u
#define TEXT_COLOUR 0x07u /* light grey on black */

static struct {
	struct boot_screen s;
	uint32_t columns, rows;
	uint32_t column, row;
} screen;

static uint32_t pixel_colour(bool on)
{
	uint32_t level = on ? 0xc0 : 0;

	return level << screen.s.red | level << screen.s.green | level << screen.s.blue;
}

static void draw_pixels(uint32_t column, uint32_t row, uint8_t c)
{
	const uint8_t *glyph = boot_glyph(c);
	uint64_t corner = screen.s.base + (uint64_t)row * CELL_HEIGHT * screen.s.pitch + column * CELL_WIDTH * 4ull;

	for (uint32_t y = 0; y < CELL_HEIGHT; y++) {
		volatile uint32_t *line = (volatile uint32_t *)(uintptr_t)(corner + (uint64_t)y * screen.s.pitch);
		uint32_t bits = y < BOOT_GLYPH_ROWS ? glyph[y] : 0;

		for (uint32_t x = 0; x < CELL_WIDTH; x++)
			line[x] = pixel_colour(bits >> (CELL_WIDTH - 1 - x) & 1);
	}
}

static void draw(uint32_t column, uint32_t row, uint8_t c)
{
	if (screen.s.kind == BOOT_SCREEN_RGB) {
		draw_pixels(column, row, c);
	} else {
		volatile uint16_t *cells = (volatile uint16_t *)(uintptr_t)screen.s.base;

		cells[row * (screen.s.pitch / 2) + column] = (uint16_t)(TEXT_COLOUR << 8 | c);
	}
}

static void clear_row(uint32_t row)
{
	for (uint32_t i = 0; i < screen.columns; i++)
		draw(i, row, ' ');
}

static void new_line(void)
{
	screen.column = 0;
	screen.row = (screen.row + 1) % screen.rows;
	clear_row(screen.row);
}

void boot_screen_start(const struct boot_screen *given)
{
	screen.s = *given;
	screen.columns = given->kind == BOOT_SCREEN_RGB ? given->width / CELL_WIDTH : given->width;
	screen.rows = given->kind == BOOT_SCREEN_RGB ? given->height / CELL_HEIGHT : given->height;
	if (screen.columns == 0 || screen.rows == 0)
		screen.s.kind = BOOT_SCREEN_NONE;
	if (screen.s.kind == BOOT_SCREEN_NONE)
		return;
	for (uint32_t row = 0; row < screen.rows; row++)
		clear_row(row);
}

void boot_screen_write(const char *bytes, size_t n)
{
	if (screen.s.kind == BOOT_SCREEN_NONE)
		return;
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n' || screen.column == screen.columns)
			new_line();
		if (bytes[i] != '\n')
			draw(screen.column++, screen.row, (uint8_t)bytes[i]);
	}
}

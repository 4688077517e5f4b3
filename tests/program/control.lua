-- SPDX-License-Identifier: MIT
-- Counts primes with sieves of their own, which is work for the processor and the collector, until there is a /tmp/over.
local function primes(limit)
	local composite, count = {}, 0
	for n = 2, limit do
		if not composite[n] then
			count = count + 1
			for m = n * n, limit, n do
				composite[m] = true
			end
		end
	end
	return count
end

local function over()
	local file = io.open("/tmp/over")
	return file and file:close()
end

local sieves = 0
repeat
	assert(primes(1000) == 168)
	sieves = sieves + 1
until over()
print("lua over: 168 primes below 1000, counted " .. (sieves > 1 and "again and again" or "once"))

-- SPDX-License-Identifier: MIT
-- Integers and floats, and how they are printed and read: the C library's part works in the kernel's FPU state.
print(7 // 2, -7 // 2, 7 % -3, -7 % 3, 7.5 // 2, -7.5 % 2, 1 / 0, -1 / 0, 0 / 0 ~= 0 / 0)
print(math.maxinteger, math.mininteger, math.maxinteger + 1 == math.mininteger, math.mininteger // -1)
print(1e15, 1e16, 2^53, 2^63, -0.0, 0.1, 1 / 3, 123456789012345678)
print(0x7fffffffffffffff, 0xffffffffffffffff, 0x1p4, 0xA.8p0, 1e308 * 10, 5e-324)
print(3 | 4, 7 & 2, 5 ~ 1, ~0, 1 << 63, 1 << 64, -1 >> 1, "10" + 5, "0x10" * 1, 10 .. 20)
print(pcall(function() return 1.5 | 1 end))
print(math.type(1), math.type(1.0), math.type("1"), math.tointeger(3.0), math.tointeger(3.5), math.ult(1, -1))
print(math.floor(-3.5), math.ceil(-3.5), math.fmod(-7, 3), math.modf(-3.25))
print(string.format("%.14g %.3f %e %g %a %5.1f|%-8d|%+d|%x|%X|%o|%c|%q|%i", math.pi, math.pi, 12345.678, 1e20, 0.5, 2.25, 42, 7,
	255, 255, 8, 65, 'a "q"\n', 3))
for _, f in ipairs {"sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt"} do
	print(f, string.format("%.12f", math[f](0.5)))
end
print(string.format("%.10f %.10f %.10f", math.log(8, 2), math.log(1000, 10), math.atan(1, -1)))
print(tonumber("  12  "), tonumber("1e1"), tonumber("0x1p-2"), tonumber("z", 36), tonumber("8", 8), tonumber("1 2"), tonumber(""))
math.randomseed(42)
local seen, inside = {}, 0
for _ = 1, 20000 do
	local r, x, y = math.random(1, 100), math.random(), math.random()
	seen[r] = true
	if x * x + y * y < 1 then inside = inside + 1 end
end
local n = 0
for _ in pairs(seen) do n = n + 1 end
print("random", n, math.abs(inside / 5000 - math.pi) < 0.05)
local a, b = 0, 1
for _ = 1, 90 do a, b = b, a + b end
print(a)
local function primes(limit)
	local composite, count = {}, 0
	for i = 2, limit do
		if not composite[i] then
			count = count + 1
			for j = i * i, limit, i do composite[j] = true end
		end
	end
	return count
end
print(primes(100000))
local m = {}
for i = 1, 40 do m[i] = {}; for j = 1, 40 do m[i][j] = 1 / (i + j) end end
local trace = 0
for i = 1, 40 do for j = 1, 40 do trace = trace + m[i][j] * m[j][i] end end
print(string.format("%.15g", trace))

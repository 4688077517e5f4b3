-- SPDX-License-Identifier: MIT
local function generate(n)
	return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end)
end
local sum = 0
for v in generate(100000) do sum = sum + v end
print(sum)
local co = coroutine.create(function(a, b)
	print("started", a, b)
	local c = coroutine.yield(a + b)
	print("resumed", c)
	error("inside")
end)
print(coroutine.resume(co, 1, 2)); print(coroutine.status(co)); print(coroutine.resume(co, 3)); print(coroutine.resume(co), coroutine.status(co))
print(coroutine.isyieldable(), type(coroutine.running()))
local ok = select(2, coroutine.running())
print(ok, pcall(coroutine.wrap(function() pcall(coroutine.yield, 1); return "through pcall" end)))
local many = {}
for i = 1, 5000 do many[i] = coroutine.wrap(function() local n = i; while true do n = n + coroutine.yield(n) end end); many[i]() end
local total = 0
for i = 1, 5000 do total = total + many[i](1) end
print(total)
local closing = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() print("closed") end}); coroutine.yield() end)
coroutine.resume(closing)
print(coroutine.close(closing), coroutine.status(closing))
local function perm(a, n)
	if n == 0 then coroutine.yield(a) end
	for i = 1, n do a[i], a[n] = a[n], a[i]; perm(a, n - 1); a[i], a[n] = a[n], a[i] end
end
local count = 0
for _ in coroutine.wrap(function() perm({1, 2, 3, 4, 5, 6, 7}, 7) end) do count = count + 1 end
print(count)
print(pcall(function() local function deep(n) return coroutine.wrap(function() return deep(n + 1) end)() end; deep(1) end) == false)

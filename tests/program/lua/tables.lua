-- SPDX-License-Identifier: MIT
-- Tables: growth, order, sorting, moving; pairs with metamethods.
local t = {}
for i = 1, 30000 do t[i] = (i * 7919) % 100003 end
table.sort(t)
local ordered = true
for i = 2, #t do ordered = ordered and t[i - 1] <= t[i] end
print(#t, ordered, t[1], t[#t])
table.sort(t, function(x, y) return x > y end)
print(t[1], t[2], pcall(table.sort, {3, 1, 2, 5, 4, 9, 8, 7, 6}, function() return true end) ~= nil)
print(table.concat({1, 2, 3}, ", "), table.concat({}, "x"), pcall(table.concat, {1, {}, 3}))
local q = {}
for i = 1, 1000 do table.insert(q, 1, i) end
for _ = 1, 990 do table.remove(q) end
print(#q, q[1], q[10], table.unpack(table.move({1, 2, 3}, 1, 3, 2)))
local keys = {}
for k in pairs({a = 1, b = 2, c = 3, [1] = 4, [2.0] = 5, [2.5] = 6}) do keys[#keys + 1] = tostring(k) end
table.sort(keys)
print(table.concat(keys, " "))
local h = {}
for i = 1, 50000 do h["k" .. i] = i end
for i = 1, 50000, 2 do h["k" .. i] = nil end
local n, sum = 0, 0
for _, v in pairs(h) do n, sum = n + 1, sum + v end
print(n, sum, next({}), rawlen({1, 2}), rawequal(h, h), rawget(h, "k2"))
local proxy = setmetatable({}, {__index = function(_, k) return k .. "?" end, __newindex = function(p, k, v) rawset(p, k, v .. "!") end,
	__pairs = function() return function(_, k) if not k then return 1, "one" end end, nil, nil end})
proxy.x = "v"
print(proxy.x, proxy.y)
for k, v in pairs(proxy) do print(k, v) end
print(pcall(next, {}, "no such key"))

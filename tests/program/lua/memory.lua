-- SPDX-License-Identifier: MIT
-- The collector in both modes: cycles, weak tables, finalizers, big blocks. Memory comes from the kernel and goes back.
collectgarbage("collect")
local base = collectgarbage("count")
local function churn(n)
	local ring = {}
	for i = 1, n do
		local a, b = {("x"):rep(i % 200)}, {}
		a.b, b.a = b, a
		ring[i % 100 + 1] = a
	end
end
churn(50000)
collectgarbage("collect")
print("freed", collectgarbage("count") < base + 200)
print(collectgarbage("generational"), collectgarbage("incremental", 200, 100))
collectgarbage("generational")
churn(50000)
collectgarbage("collect")
print("freed", collectgarbage("count") < base + 200, collectgarbage("isrunning"))
collectgarbage("incremental")
local weak = setmetatable({}, {__mode = "k"})
for _ = 1, 100 do weak[{}] = true end
local kept = {}
weak[kept] = true
collectgarbage()
local n = 0
for _ in pairs(weak) do n = n + 1 end
print("weak keys", n)
local finalized = 0
for _ = 1, 1000 do setmetatable({}, {__gc = function() finalized = finalized + 1 end}) end
collectgarbage()
print("finalized", finalized)
for i = 1, 6 do
	local block = ("%d"):format(i):rep(1 << 20)
	assert(#block == 1 << 20)
	block = block .. block
	assert(block:sub(-1) == tostring(i))
end
collectgarbage()
print("big strings freed", collectgarbage("count") < base + 300)
local list
for i = 1, 100000 do list = {next = list, value = i} end
local sum = 0
while list do sum, list = sum + list.value, list.next end
print(sum)

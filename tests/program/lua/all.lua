-- SPDX-License-Identifier: MIT
-- Runs the parts named as arguments, or all. Each prints what it finds; the same on Linux and in a Quest sandbox.
local parts = #arg > 0 and arg or {"language", "numbers", "strings", "tables", "memory", "coroutines", "files", "processes"}

for _, name in ipairs(parts) do
	print("part " .. name)
	local ok, why = xpcall(dofile, debug.traceback, name .. ".lua")
	if not ok then
		print("failed", why)
	end
	collectgarbage()
end
print("part end")

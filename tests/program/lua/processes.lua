-- SPDX-License-Identifier: MIT
-- The os library and pipes to other programs; there is a shell at /bin/sh.
print(os.execute() ~= nil, os.execute("exit 3")); print(os.execute("true")); print(os.execute("kill -9 $$"))
local p = assert(io.popen("echo from the shell; echo more; exit 5"))
print(p:read("a")); print(p:close())
p = assert(io.popen("cat >/tmp/lua.popen", "w")); print(p:write("to the shell\n") == p, p:close())
for l in io.lines("/tmp/lua.popen") do print(l) end
os.remove("/tmp/lua.popen")
p = io.popen("seq 1 50000"); local n, sum = 0, 0
for l in p:lines() do n, sum = n + 1, sum + l end
print(n, sum, p:close())
p = io.popen("echo y; echo y; sleep 0.3; echo y"); print(p:read("l"), p:read("l")); print(p:close())
print(pcall(io.popen, "true", "rw"))
local several = {}
for i = 1, 10 do several[i] = io.popen("echo process " .. i) end
for i = 1, 10 do io.write(several[i]:read("l"), " "); several[i]:close() end
print()
local lua = arg[-1]
print(os.execute(lua .. " -e 'os.exit(7)'")); print(os.execute(lua .. " -e 'os.exit(true, true)'")); print(os.execute(lua .. " -e 'os.exit(false)'"))
print(os.execute(lua .. " -e 'error(1)' 2>/dev/null"))
p = io.popen(lua .. " -v 2>&1"); print(p:read("l"):match("^Lua 5%.4")); p:close()
p = io.popen("echo 'print(...)' | " .. lua .. " - a b 2>&1"); print(p:read("a")); p:close()
p = io.popen("echo 'x = = 1' | " .. lua .. " - 2>&1"); print((p:read("a"):gsub("^%S*: ", ""))); print(p:close())
p = io.popen("LUA_INIT='print(40+2)' " .. lua .. " -e 'print(1)' 2>&1"); print(p:read("a")); p:close()
p = io.popen("printf '1+1\\nx = 5\\nx*2\\n' | " .. lua .. " -i 2>&1"); print((p:read("a"):gsub("^[^\n]*\n", ""))); p:close()
p = io.popen(lua .. " -W -e 'warn(\"@on\"); warn(\"careful\")' 2>&1"); print((p:read("a"):gsub("^%S*/", ""))); p:close()
print(os.getenv("NO_SUCH_VARIABLE"), type(os.getenv("PATH")))
local c0, t0 = os.clock(), os.time()
local x = 0
while os.clock() - c0 < 0.02 do x = x + 1 end
print(os.clock() > c0, os.time() >= t0, os.difftime(t0 + 10, t0), type(os.date()), os.setlocale("C"), os.setlocale("no_SUCH"))

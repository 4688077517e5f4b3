-- SPDX-License-Identifier: MIT
-- The io library: reading in all its ways, seeking, buffering, temporary files, errors as the system tells them.
local name = os.tmpname()
print(name:match("^/tmp/lua_%w+$") ~= nil)
local f = assert(io.open(name, "w"))
print(io.type(f), f == f:write("line one\n", 42, " ", 3.5, "\nlast without end"), f:seek("cur"))
print(f:read("l"))
f:close()
print(io.type(f), pcall(f.read, f), tostring(f))
f = assert(io.open(name))
print(f:read("l", "n", "n", "L", "l", "l"))
print(f:seek("set", 5), f:read(3), f:seek("end"), f:read(0), f:read("a"), f:seek("set"), f:read("a"))
print(pcall(f.read, f, "x")); print(f:seek("set", -1))
f:close()
for l in io.lines(name) do io.write("[", l, "]") end
print()
for a, b in io.lines(name, 1, 2) do io.write(a, "|", b, " ") end
print()
print(io.open("/no/such/file")); print(io.open("/tmp", "w")); print(pcall(io.open, name, "rz")); print(pcall(io.lines, "/none"))
f = assert(io.open(name, "r+b"))
f:seek("set", 3); f:write("XYZ"); f:seek("set", 0); print(f:read("L"))
f:close()
f = assert(io.open(name, "a+")); f:write("appended"); f:seek("set"); print(#f:read("a")); f:close()
f = assert(io.open(name, "w"))
for _, mode in ipairs {"no", "line", "full"} do print(f:setvbuf(mode, 512), f:write(("0123456789"):rep(500)) == f, f:flush() == f) end
print(f:seek("end")); f:close()
f = assert(io.open(name, "wb"))
for i = 0, 255 do f:write(string.char(i)) end
f:close()
f = assert(io.open(name, "rb")); local all = f:read("a"); f:close()
print(#all, all:byte(1), all:byte(256), all:find("\0", 1, true), all:find("\r\n", 1, true))
f = assert(io.open(name, "w"))
for i = 1, 20000 do f:write(i, "\n") end
f:close()
local sum, lines = 0, 0
for n in io.lines(name, "n") do sum, lines = sum + n, lines + 1 end
print(sum, lines)
local t = io.tmpfile(); t:write("temporary"); t:seek("set"); print(t:read("a")); t:close()
io.output(name); io.write("by default file\n"); io.close(); io.output(io.stdout)
io.input(name); print(io.read()); print(io.read()); io.close(io.input()); io.input(io.stdin)
print(os.rename(name, name .. ".moved"), io.open(name) == nil, os.remove(name .. ".moved"), os.remove(name) == nil)
print(os.rename("/tmp/none1", "/tmp/none2"))
os.execute("mkdir /tmp/lua.full; : >/tmp/lua.full/x"); print(os.remove("/tmp/lua.full")); os.execute("rm -r /tmp/lua.full")
print(pcall(require, "no.such.module") == false, package.path:sub(1, 1), #package.searchers)
f = assert(io.open("/tmp/amodule.lua", "w")); f:write("return {answer = 42, name = ...}"); f:close()
package.path = "/tmp/?.lua"
print(require("amodule").answer, require("amodule").name, package.loaded.amodule ~= nil, os.remove("/tmp/amodule.lua"))
print(loadfile("/tmp/none.lua")); print(pcall(dofile, "/tmp/none.lua"))
local full = io.open("/dev/full", "w")
if full then print("a full device", full:write(("x"):rep(100000)) == nil); full:close() end
local handles = {}
for i = 1, 200 do handles[i] = assert(io.open("/dev/null")) end
handles = nil
collectgarbage(); collectgarbage()
local again = 0
for _ = 1, 900 do local h = io.open("/dev/null"); if h then again = again + 1; h:close() end end
print("descriptors come back", again)

-- SPDX-License-Identifier: MIT
-- Closures, metatables, varargs, goto, errors, to-be-closed variables, loading of code.
local function counter()
	local n = 0
	return function() n = n + 1; return n end
end
local a, b = counter(), counter()
print(a(), a(), b(), a())
print(select("#", nil, nil), select(-1, 1, 2, 3), table.unpack({1, 2, 3}, 2))

local V = setmetatable({}, {__call = function(c, x) return setmetatable({x = x}, c) end})
V.__index, V.__name = V, "V"
V.__add = function(p, q) return V(p.x + q.x) end
V.__eq = function(p, q) return p.x == q.x end
V.__lt = function(p, q) return p.x < q.x end
V.__le = function(p, q) return p.x <= q.x end
V.__concat = function(p, q) return "V" .. p.x .. (type(q) == "table" and q.x or q) end
V.__len = function(p) return p.x end
V.__tostring = function(p) return "V(" .. p.x .. ")" end
print(tostring(V(1) + V(2)), V(3) == V(3), V(1) < V(2), V(2) <= V(1), V(4) .. "!", #V(7))

for i = 1, 3 do
	for j = 1, 3 do
		if j == 2 then goto continue end
		io.write(i, ":", j, " ")
		::continue::
	end
end
print()

do
	local mark = setmetatable({}, {__close = function(_, e) print("closed", e) end})
	local guard <close> = mark
	print("inside")
end
print(pcall(function()
	local guard <close> = setmetatable({}, {__close = function(_, e) print("closed by", e) end})
	error("trouble", 0)
end))
print(pcall(error, {code = 3}), select("#", pcall(error)))
print(pcall(function() local x = nil; return x.y end))
print(pcall(function() return 1 + {} end))
print(pcall(function() return #5 end))
print(pcall(function() return {} < {} end))
print(xpcall(function() error("deep") end, function(m) return "handled " .. m end))
local function forever(n) return 1 + forever(n + 1) end
local ok, why = pcall(forever, 1)
print(ok, why:match("stack overflow"))
local function tail(n) if n == 0 then return "tail calls need no stack" end return tail(n - 1) end
print(tail(100000))

print(load("return 1 +")) ; print(load("x ="))
print(load("local a <const> = 1; a = 2"))
print(assert(load("return ...", "chunk", "t"))(1, 2))
local text = {}
for i = 1, 5000 do text[i] = ("local v%d = %d; s = s + v%d; "):format(i % 150, i, i % 150):gsub("local", i % 150 == i and "local" or "") end
s = 0
local big = assert(load(table.concat(text)))
big()
print("a chunk of 5,000 statements", s)
local code = string.dump(function(x) return x * 2 end)
print(load(code, "dumped", "b")(21), load(code, "dumped", "t"))
print(pcall(load, function() error("reader fails", 0) end))
local depth = 0
debug.sethook(function() depth = depth + 1 end, "", 100)
for _ = 1, 1e5 do end
debug.sethook()
print("hooks", depth > 500)
print(debug.getinfo(1, "S").short_src, debug.getinfo(print).what)

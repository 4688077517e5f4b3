-- SPDX-License-Identifier: MIT
-- The string library: patterns, formats, packing, UTF-8.
print(("hello"):rep(3, "-"), ("hello"):sub(-3, -2), ("hello"):byte(1, -1))
print(("key = value"):match("^(%w+)%s*=%s*(%w+)$"), ("a,b,,c"):gsub(",", ";"), ("abc"):gsub("", "."))
print(("THE (quick) fox"):find("%((%a+)%)"), ("f(a(b)c)d"):match("%b()"), ("THE (quick) fox"):gsub("%f[%a]%a+", string.lower))
print(("hello world"):gsub("o", {o = "0"}), ("abc"):gsub("%w", "%0%0"), ("x"):rep(0) == "", ("äö"):len(), utf8.len("äö"))
for k, v in string.gmatch("a=1, b=2, c=3", "(%w+)=(%w+)") do io.write(k, v, " ") end
print()
print(string.format("%-10s|%10s|%.2s|%%|%q", "left", "right", "cut", 1 / 3))
print(pcall(string.format, "%d", 1.5), pcall(string.rep, "x", 1 << 62))
print(pcall(string.find, "a", "[a"), pcall(string.gsub, "a", "(", ""))
print(string.pack("<i4", -2):byte(1, -1))
print(string.unpack("<i4>i4=dz", string.pack("<i4>i4=dz", 1, 2, 3.5, "text")))
print(string.packsize("<i1i2i4i8"), pcall(string.unpack, "<i8", "short"))
for p, c in utf8.codes("aé€😀") do io.write(p, ":", c, " ") end
print(utf8.char(97, 233, 8364, 128512), utf8.offset("aé€😀", 3), utf8.len("\xff"))
local pieces = {}
for i = 1, 20000 do pieces[#pieces + 1] = tostring(i) end
local long = table.concat(pieces, ",")
print(#long, select(2, long:gsub("%d+", "")), long:find("19999", 1, true))
print(("a"):rep(20000):find(("a?"):rep(10) .. ("a"):rep(10)))
print(long:reverse():sub(1, 10), long:upper() == long, ("%s"):rep(3):format(nil, true, {} ~= nil))
print(tostring(nil), tostring(true), tostring(1.0), tostring(-0.0), ("x"):byte(10), #string.char())
print(os.date("!%Y-%m-%d %H:%M:%S", 86400 * 365), os.time({year = 2000, month = 1, day = 1, hour = 12}) - os.time({year = 1999,
	month = 12, day = 31, hour = 12}))

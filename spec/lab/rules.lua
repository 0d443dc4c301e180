-- SPDX-License-Identifier: MIT
--
-- The nftables rulesets of the topologies, as text to fill in, each with one table named `lab`. All
-- of them are stateless except the one that masquerades, so that the others do not track
-- connections.

local M = {}

--- Drops whatever the node itself answers; neighbour discovery must live.
M.silent = [[
table inet lab {
  chain output {
    type filter hook output priority 0
    icmp type { destination-unreachable, time-exceeded, echo-reply } drop
    icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, echo-reply } drop
  }
}]]

--- Refuses one destination, at `hook`: prerouting comes before the TTL is looked at.
M.reject = [[
table inet lab {
  chain lab {
    type filter hook %{hook} priority 0
    ip daddr %{dst4} reject with icmp %{icmp4}
    ip6 daddr %{dst6} reject with icmpv6 %{icmp6}
  }
}]]

--- Forwards nothing that comes from `back`, the way to the prober.
M.swallow = [[
table inet lab {
  chain forward {
    type filter hook forward priority 0
    iifname %{back} drop
  }
}]]

--- Translates all that leaves for r3, and quotes in what returns.
M.masquerade = [[
table inet lab {
  chain post {
    type nat hook postrouting priority srcnat
    oifname r3 masquerade
  }
}]]

--- The same without connection tracking: nothing looks inside ICMP errors, so quotes keep the
--- outer address. The way back is rewritten before routing; no node owns the outer address, so
--- neighbour discovery is left alone.
M.masquerade_outside = [[
table inet lab {
  chain pre {
    type filter hook prerouting priority raw
    iifname r3 ip daddr %{out4} ip daddr set %{src4}
    iifname r3 ip6 daddr %{out6} ip6 daddr set %{src6}
  }
  chain post {
    type filter hook postrouting priority srcnat
    oifname r3 ip saddr %{src4} ip saddr set %{out4}
    oifname r3 ip6 saddr %{src6} ip6 saddr set %{out6}
  }
}]]

--- Unreachables leave from another of the node's addresses.
M.answer_from = [[
table inet lab {
  chain output {
    type filter hook output priority 0
    ip saddr %{dst4} icmp type destination-unreachable ip saddr set %{other4}
    ip6 saddr %{dst6} icmpv6 type destination-unreachable ip6 saddr set %{other6}
  }
}]]

--- Unreachables leave from the address that was probed, which they quote: for a prefix that is
--- local without being an address, ICMPv6 would take the interface's.
M.answer_as_probed = [[
table inet lab {
  chain output {
    type filter hook output priority 0
    icmpv6 type destination-unreachable ip6 saddr set @th,256,128
  }
}]]

--- Put values in the places of %{name}.
---@param text string
---@param values table<string, string>
---@return string
function M.fill(text, values)
  return (text:gsub("%%{(%w+)}", values))
end

return M

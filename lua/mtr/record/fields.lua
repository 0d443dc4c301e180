-- SPDX-License-Identifier: MIT
--
-- The names of all fields that hooks, callbacks and results can show, for strict mode: a name that
-- is not here raises. A spec compares these lists with the annotated classes.

local M = {}

-- The set of the names in some texts.
local function set(...)
  local names = {}
  for name in table.concat({ ... }, " "):gmatch "%S+" do names[name] = true end
  return names
end

local REPLY = [[ttl addr addr_class rtt attempt flow at protocol icmp_type icmp_code reply_ttl
  reply_size ip_id tos quoted mtu mss tcp_flags tstamp ext ext_malformed dup late weak ignored final
  name origin unreach too_big other_addr local_ te_from_dst id addr_key timeout error dst]]

-- What is known of a trace from its start on.
local FACTS = [[src dst target all_addresses protocol multipath sport dport icmp_sum flow
  flow_label size tos tcp_flags start duration stop_reason stop_data error first_ttl max_ttl window
  queries attempts timeout gap_limit loop_limit hop_count probe_count data]]

--- mtr.Hop
M.hop = set [[ttl addr addr_class name origin rtt replies skipped hidden unanswered failed error
  attempts]]

--- mtr.Reply
M.reply = set(REPLY)

--- mtr.Probe. A probe that has ended in silence stands where a reply might, so it may be asked for
--- the fields of one.
M.probe = set(REPLY, "ttl attempt flow at id timeout error")

--- mtr.TraceFields
M.trace = set(FACTS, "engine handle state result failure failure_name strategy options")

--- mtr.Result, and what the built-in strategies add to it
M.result = set(FACTS, "type version transport hops engine handle",
  "list cycle campaign monitor try", "doubletree mda pmtu")

return M

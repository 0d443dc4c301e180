#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- mda: every path that load balancers give to a target, with its nodes, links and diamonds.
--
-- The multipath detection algorithm runs for each target in a task of its own; see
-- mtr.strategy.mda for what it finds and what it assumes.

local mtr = require "mtr"

local cli = mtr.cli("mda", [[
usage: mda [options] TARGET...

Finds all paths to each TARGET, an address or a name; "-" reads targets from standard input.

  -4                      IPv4 only
  -6                      IPv6 only
  -p, --protocol WORD     (udp)
  -I                      the same as -p icmp
  -U                      the same as -p udp
  -T                      the same as -p tcp
  --port N
  -c, --confidence N      percent: how sure to be that no next hop was missed (95)
  --flows N               how many flows to try at most (512)
  -f, --first-ttl N
  -m, --max-ttl N
  --attempts N
  -w, --timeout WAIT
  -N, --window N          (32)
  --gap-limit N
  --max-probes N          (20000)
  -s, --source ADDRESS
  -i, --interface NAME
  -o, --output FORMAT     text (default), dot: for Graphviz, or jsonl: a record for each target
  -h, --help              this text

A node is an address, or * where none answered. "<-" is followed by the nodes before it. A diamond
is where paths part and meet again: its width is the most nodes side by side.

examples:
  mda example.org
  mda -T --port 443 -c 99 example.org
  mda -o dot example.org | dot -Tsvg >paths.svg

Exit status: 0 done, 1 a target could not be traced, 2 wrong usage, 130 interrupted.
]])

local args = cli:parse(arg)
local format = cli:choice("output", { "text", "dot", "jsonl" })
local confidence, flows, targets = args.confidence or 95, args.flows or 512, args.target
args.output, args.confidence, args.flows, args.target = nil, nil, nil, nil
args.protocol = args.protocol or "udp"
if type(confidence) ~= "number" or confidence < 50 or confidence > 99.9 then
  cli:usage(("--confidence must be 50 to 99.9 percent, got %s"):format(confidence))
end
if type(flows) ~= "number" or flows < 2 or flows > 512 or flows % 1 ~= 0 then
  cli:usage(("--flows must be 2 to 512, got %s"):format(flows))
end

-- Where paths part and meet again: runs of hops with several nodes between two with one.
local function diamonds(hops)
  local list, open = {}, nil
  for i, hop in ipairs(hops) do
    local width, before = #hop.nodes, hops[i - 1]
    if width > 1 and not open then
      open = { from = before and before.nodes[1] or "source", width = width, first = hop.ttl }
    elseif width > 1 then
      open.width = math.max(open.width, width)
    elseif open then
      open.to, open.length = hop.nodes[1], hop.ttl - open.first + 1
      list[#list + 1], open = open, nil
    end
  end
  return list
end

local function text(result)
  local found = result.mda
  local out = { ("paths to %s (%s), %s, %s %% sure with %d flows, %d probes\n"):format(
    result.target, result.dst, result.protocol, found.confidence, found.flows,
    result.probe_count) }
  for _, hop in ipairs(found.hops) do
    local before = {}
    for _, link in ipairs(hop.links) do
      before[link.to] = (before[link.to] and before[link.to] .. " " or "") .. link.from
    end
    for i, node in ipairs(hop.nodes) do
      local from = before[node] and before[node] ~= "source" and "  <- " .. before[node] or ""
      out[#out + 1] = ("%3s  %s%s\n"):format(i == 1 and hop.ttl or "", node, from)
    end
  end
  for _, d in ipairs(diamonds(found.hops)) do
    out[#out + 1] = ("diamond: %s to %s, %d wide, %d long\n"):format(d.from, d.to, d.width,
      d.length)
  end
  if result.stop_reason ~= "completed" then
    out[#out + 1] = "stopped: " .. result.stop_reason .. "\n"
  end
  return table.concat(out)
end

-- Silent nodes of different hops are different nodes.
local function name(node, ttl) return node == "*" and "* at " .. ttl or node end

local function dot(result)
  local out = { ('digraph "%s" {\n  rankdir=LR;\n  node [shape=box];\n'):format(result.dst) }
  for _, hop in ipairs(result.mda.hops) do
    for _, link in ipairs(hop.links) do
      out[#out + 1] = ('  "%s" -> "%s";\n'):format(name(link.from, hop.ttl - 1),
        name(link.to, hop.ttl))
    end
  end
  return table.concat(out) .. "}\n"
end

local function jsonl(result)
  result.mda.diamonds = diamonds(result.mda.hops)
  return result:json() .. "\n"
end

local show = { text = text, dot = dot, jsonl = jsonl }

return cli:each(targets, function(target, put, i)
  local opts = { strategy = mtr.strategy.mda { confidence = confidence, flows = flows } }
  for option, value in pairs(args) do opts[option] = value end
  local result, message = cli:call(mtr.trace, target, opts)
  if not result then return nil, message end
  put((i > 1 and format == "text" and "\n" or "") .. show[format](result))
  return result.stop_reason ~= "error"
end)

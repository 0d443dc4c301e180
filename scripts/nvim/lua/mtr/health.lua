-- SPDX-License-Identifier: MIT
--
-- :checkhealth mtr in Neovim: is the library there, may it send probes, and how does it send them?

-- Neovim 0.10, 0.8 and 0.7 name these functions differently.
local health = vim.health or require "health"
local start, ok, info, warn, fail = health.start or health.report_start,
  health.ok or health.report_ok, health.info or health.report_info,
  health.warn or health.report_warn, health.error or health.report_error

local M = {}

-- Returns the module, or reports why there is none.
local function load()
  if not rawget(_G, "jit") then
    fail("this Neovim has PUC Lua", { "use a Neovim that is built with LuaJIT" })
    return nil
  end
  local found, mtr = pcall(require, "mtr")
  if found then return mtr end
  fail("the library does not load: " .. tostring(mtr):match "^[^\n]*", {
    "in a clone, run make",
    "or install the package, or set the environment variable MTR_LIB to libmtr.so",
  })
end

local ADVICE = {
  "install mtr-packet (Debian: mtr-tiny), which has the privilege",
  "give no capability to nvim: every plugin would have it",
}

-- Opens an engine, as :Mtr would, and reports what came of it.
local function check_engine(mtr)
  local engine, message, name = mtr.engine()
  if not engine then
    return fail(message, name == "EPERM" and ADVICE or nil)
  end
  local transport = engine:transport()
  ok(("probes are sent by the transport %s: %s"):format(transport.name, transport.why))
  local lacks = {}
  for _, protocol in ipairs { "icmp", "udp", "tcp", "ipv4", "ipv6" } do
    if not transport.capabilities[protocol] then lacks[#lacks + 1] = protocol end
  end
  if lacks[1] then
    local advice = transport.ordinary and ADVICE or nil
    warn("it cannot send: " .. table.concat(lacks, ", "), advice)
  end
  engine:close()
end

--- Checks everything.
function M.check()
  start "mtr"
  local mtr = load()
  if not mtr then return end
  ok(("the library is loaded: mtr %s"):format(mtr.version))
  local helper = mtr.find_binary "mtr-packet"
  info("mtr-packet: " .. (helper or "not installed"))
  check_engine(mtr)
end

return M

-- SPDX-License-Identifier: MIT
--
-- Writes as many bytes as a campaign's output has into a file, in pieces of the same size, and does
-- nothing else: what the kernel takes for any program that writes so much.
--
--   mtrlua spec/perf/loads/bare_write.lua [bytes=100000000] [file=/dev/null]
--
-- It prints one line of key=value; cpu is processor time in seconds.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local measure = require "spec.perf.kit.measure"

local PIECE = 256 * 1024

local opts = measure.options({ ... }, { bytes = 100000000, file = "/dev/null" })
local file = assert(io.open(opts.file, "wb"))
local piece = ("x"):rep(PIECE)

local user, sys = measure.cpu()
for _ = 1, math.floor(opts.bytes / PIECE) do assert(file:write(piece)) end
assert(file:close())
local user_end, sys_end = measure.cpu()
measure.print({ cpu = user_end - user + sys_end - sys }, { "cpu" })

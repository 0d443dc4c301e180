-- SPDX-License-Identifier: MIT
local vectors = require "spec.support.packets.vectors"

describe("an ICMP message:", function() vectors.each("icmp", it) end)

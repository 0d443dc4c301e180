-- SPDX-License-Identifier: MIT
--
-- Tests core/wire/icmp.c.

local vectors = require "spec.support.packets.vectors"

describe("an ICMP message:", function() vectors.each("icmp", it) end)

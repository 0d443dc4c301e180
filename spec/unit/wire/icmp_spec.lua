-- SPDX-License-Identifier: MIT
local vectors = require "spec.support.vectors"

describe("an ICMP message:", function() vectors.each("icmp", it) end)

-- SPDX-License-Identifier: MIT
--
-- Numbers for specs, the same for the same seed everywhere: random(7) is a function r, where r(n)
-- is an integer in 1..n and r() a fraction below 1. Park and Miller's generator: good enough to
-- choose cases, and exact in doubles.
return function(seed)
  local state = (seed * 7919 + 12345) % 2147483646 + 1
  return function(n)
    state = state * 48271 % 2147483647
    local fraction = (state - 1) / 2147483646
    return n and math.floor(fraction * n) + 1 or fraction
  end
end

-- SPDX-License-Identifier: MIT
--
-- The version of this library: mtr.version, and what workers of a fleet say of themselves. The
-- Makefile has it too.

return "0.1.0"

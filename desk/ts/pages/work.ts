// SPDX-License-Identifier: GPL-3.0-or-later
// A work page that needs no script of its own beyond the shared parts.

import { startWork } from "../core/work.js";

startWork();

// SPDX-License-Identifier: GPL-3.0-or-later
// A page with a form and no live news: first set-up, own password.

import { startForms } from "../core/work.js";

startForms();

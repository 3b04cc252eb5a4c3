// SPDX-License-Identifier: GPL-3.0-or-later
// Sign-in and error pages: only the frame.

import { startFrame } from "../core/frame.js";

startFrame();

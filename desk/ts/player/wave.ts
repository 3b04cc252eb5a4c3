// SPDX-License-Identifier: GPL-3.0-or-later
// The two-voice waveform on stored peaks; the <audio> element plays (HTTP Range), nothing is decoded in the browser.

import WaveSurfer from "wavesurfer.js";
import { page } from "../core/page.js";
import type { Peaks } from "../core/types.js";

const CHANNEL_HEIGHT_PX = 44;

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function colours(): { caller: string; agent: string; played: string; cursor: string } {
  return { caller: css("--voice-caller"), agent: css("--voice-agent"), played: css("--accent"), cursor: css("--text") };
}

export function drawWave(container: HTMLElement, media: HTMLAudioElement, peaks: Peaks, duration_ms: number): WaveSurfer {
  const tone = colours();
  const nonce = page.csp_nonce;
  const wave = WaveSurfer.create({
    container,
    media,
    peaks: [peaks.caller, peaks.agent],
    duration: duration_ms / 1000,
    height: CHANNEL_HEIGHT_PX,
    normalize: false,
    cursorColor: tone.cursor,
    cursorWidth: 2,
    barWidth: 2,
    barGap: 1,
    hideScrollbar: true,
    splitChannels: [
      { waveColor: tone.caller, progressColor: tone.played },
      { waveColor: tone.agent, progressColor: tone.played },
    ],
    ...(nonce ? { cspNonce: nonce } : {}),
  });
  const recolour = (): void => {
    const fresh = colours();
    wave.setOptions({
      cursorColor: fresh.cursor,
      splitChannels: [
        { waveColor: fresh.caller, progressColor: fresh.played },
        { waveColor: fresh.agent, progressColor: fresh.played },
      ],
    });
  };
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  return wave;
}

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes a fresh checkout runnable: system packages, virtual environment, Python packages, web bundle.
# Safe to run again: each step is skipped when its inputs have not changed. Used by `make setup`, `demo` and `test`.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV=.venv
STEPS=5
say() { printf '[%s/%s] %s\n' "$1" "$STEPS" "$2"; }
fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }
stamp_of() { cat "$@" | sha256sum | cut -d' ' -f1; }
fresh() { [ -f "$VENV/.stamp-$1" ] && [ "$(cat "$VENV/.stamp-$1")" = "$2" ]; }
mark() { printf '%s' "$2" >"$VENV/.stamp-$1"; }

have() {  # is a command, library or file of requirements/system.txt here?
  case $1 in
    /*) [ -e "$1" ] ;;
    *.so.*) ldconfig -p | grep -q "$1" ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

system_packages() {
  local missing=() what package
  while read -r what package; do
    case $what in ''|\#*) continue ;; esac
    have "${what#*:}" || missing+=("$package")
  done <requirements/system.txt
  find_python >/dev/null || missing+=(python3 python3-venv)
  [ ${#missing[@]} -eq 0 ] && return 0
  local apt=(apt-get) list="${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      fail "these system packages are missing and may not be installed by this user. Run:
  sudo apt-get update && sudo apt-get install -y --no-install-recommends $list"
    fi
    apt=(sudo -n apt-get)
  fi
  command -v apt-get >/dev/null || fail "no apt-get here; install by your system's means: $list"
  echo "      $list"
  "${apt[@]}" update -qq
  DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

find_python() {  # prints a Python 3.11 or 3.12 that can make virtual environments
  local candidate
  for candidate in "${PYTHON:-}" python3.11 python3.12 python3; do
    [ -n "$candidate" ] && "$candidate" - 2>/dev/null <<'PY' && { echo "$candidate"; return 0; }
import ensurepip, sys, venv
raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
PY
  done
  return 1
}

virtual_environment() {
  [ -x "$VENV/bin/python" ] && "$VENV/bin/python" -c '' 2>/dev/null && return 0
  local python
  python=$(find_python) || fail "Python 3.11 or 3.12 with venv is needed (apt-get install python3 python3-venv), or set PYTHON=..."
  rm -rf "$VENV"
  "$python" -m venv "$VENV"
}

pip_install() { "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$@" 2>&1 | grep -v '^WARNING: Location' || return "${PIPESTATUS[0]}"; }

torch_cpu() {  # the CPU build: the plain one would pull several GB of CUDA packages
  "$VENV/bin/python" -c 'import importlib.metadata as m; raise SystemExit(not m.version("torch").startswith("2.13.0"))' 2>/dev/null && return 0
  pip_install 'torch==2.13.0+cpu' -c constraints.txt 2>/dev/null && return 0
  pip_install 'torch==2.13.0+cpu' -c constraints.txt --index-url https://download.pytorch.org/whl/cpu --extra-index-url https://pypi.org/simple && return 0
  fail "PyTorch 2.13.0 (CPU build) could not be installed; install it into $VENV and run again."
}

python_packages() {
  local want
  want=$(stamp_of pyproject.toml constraints.txt requirements/pjsua2.txt)
  fresh python "$want" && return 0
  torch_cpu
  pip_install --no-deps --require-hashes -r requirements/pjsua2.txt
  pip_install -e '.[dev]' -c constraints.txt
  mark python "$want"
}

web_bundle() {
  local want
  want=$(stamp_of package.json package-lock.json tsconfig.json $(find desk/ts desk/static -type f -not -path '*/dist/*' | sort))
  fresh web "$want" && [ -d desk/static/dist ] && return 0
  npm ci --no-audit --no-fund --loglevel=error >/dev/null
  npm run --silent build
  mark web "$want"
}

say 1 "system packages (PortAudio, Node; for tests SIPp, baresip, Chromium, PulseAudio)"; system_packages
say 2 "virtual environment"; virtual_environment
say 3 "Python packages (PyTorch CPU, PJSIP, Vosk and the rest; minutes the first time)"; python_packages
say 4 "web bundle"; web_bundle
say 5 "ready: $("$VENV/bin/python" --version), $VENV/bin/kring"

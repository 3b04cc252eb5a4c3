#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes a fresh checkout runnable: system packages, virtual environment, Python packages, web bundle.
# Safe to run again: each step is skipped when its inputs have not changed. Used by `make setup`, `demo` and `test`.
set -euo pipefail
cd "$(dirname "$0")/.."
VENV=.venv
STEPS=5
TORCH=2.13.0
LOG=$(mktemp)
TICKER=
export NPM_CONFIG_UPDATE_NOTIFIER=false PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_USE_PEP517=1 PIP_PROGRESS_BAR=off
trap 'stop_ticker; rm -f "$LOG"' EXIT

say() { printf '[%s/%s] %s\n' "$1" "$STEPS" "$2"; }
fail() { printf 'setup: %s\n' "$1" >&2; exit 1; }
stamp_of() { cat "$@" | sha256sum | cut -d' ' -f1; }
fresh() { [ -f "$VENV/.stamp-$1" ] && [ "$(cat "$VENV/.stamp-$1")" = "$2" ]; }
mark() { printf '%s' "$2" >"$VENV/.stamp-$1"; }

tick() {  # says every 15 s how long the command has been at work, and at what
  local never doing start=$SECONDS
  exec {never}<> <(:)  # a pipe that stays silent: to wait on it leaves no `sleep` behind
  while kill -0 $$ 2>/dev/null; do
    read -r -t 15 -u "$never" || true
    doing=$(grep -oE '^ *(Get:[0-9]+|Unpacking|Setting up|Collecting|Downloading|Building|Installing) [^(<]*' "$LOG" | tail -n 1 | xargs || true)
    printf '      %3d s  %.70s\n' $((SECONDS - start)) "$doing"
  done
}

stop_ticker() {
  [ -n "$TICKER" ] || return 0
  kill "$TICKER" 2>/dev/null || true
  wait "$TICKER" 2>/dev/null || true
  TICKER=
}

attempt() {  # runs a command with its output in the log; gives its exit status
  local status=0
  tick &
  TICKER=$!
  "$@" >"$LOG" 2>&1 </dev/null || status=$?
  stop_ticker
  return "$status"
}

must() {  # WHAT COMMAND...: as attempt, but a failure shows the end of the log and ends the set-up
  local what=$1
  shift
  attempt "$@" && return 0
  tail -n 20 "$LOG" >&2
  fail "$what: failed, see the lines above. Remove the cause and run again; finished steps are not repeated."
}

have() {  # is a command, library or file (pattern) of requirements/system.txt here?
  case $1 in
    /*) compgen -G "$1" >/dev/null ;;
    *.so.*) grep -qF "$1" <<<"$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p)" ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

missing_packages() {
  local what package
  while read -r what package; do
    case $what in ''|\#*) continue ;; esac
    have "${what#*:}" || printf '%s ' "$package"
  done <requirements/system.txt
  find_python >/dev/null || printf 'python3 python3-venv '
}

system_packages() {
  local missing apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q) install='install -y --no-install-recommends'
  missing=$(missing_packages)
  [ -z "$missing" ] && return 0
  command -v apt-get >/dev/null || fail "no apt-get here; install by your system's means: $missing"
  if [ "$(id -u)" -ne 0 ]; then
    local as_root='su root -c'
    command -v sudo >/dev/null && as_root='sudo sh -c'
    sudo -n true 2>/dev/null || fail "system packages are missing and this user may not install them. Run:
  $as_root 'apt-get update && apt-get $install ${missing% }'"
    apt=(sudo -n "${apt[@]}")
  fi
  echo "      $missing"
  must "apt-get update" "${apt[@]}" update
  local package known=
  for package in $missing; do
    if apt-cache show "$package" >/dev/null 2>&1; then known+="$package "
    else printf '      not among this system'"'"'s packages (install it by other means): %s\n' "$package"; fi
  done
  [ -z "$known" ] && return 0
  # shellcheck disable=SC2086  # both are lists of words
  must "apt-get install" "${apt[@]}" $install $known
  for package in $(missing_packages); do
    [[ " $known" != *" $package "* ]] || fail "installed, and still not found or not of a version that serves: $package"
  done
}

serves() {  # is this a Python 3.11 or 3.12 that has what the last argument imports?
  "$1" -c "import sys, $2; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 12))" 2>/dev/null
}

find_python() {  # prints a Python that can make virtual environments
  local candidate
  for candidate in ${PYTHON:-} python3.11 python3.12 python3; do
    serves "$candidate" 'ensurepip, venv' && { echo "$candidate"; return 0; }
  done
  return 1
}

virtual_environment() {
  serves "$VENV/bin/python" pip && grep -qF "$(pwd -P)/$VENV" "$VENV/bin/activate" && return 0  # whole, and not moved
  local python
  python=$(find_python) || fail "Python 3.11 or 3.12 with venv is needed, or name one: PYTHON=/path/to/python3.12 make setup"
  rm -rf "$VENV"
  must "virtual environment" "$python" -m venv "$VENV"
}

pip_install() { "$VENV/bin/python" -m pip install "$@"; }

torch_cpu() {  # the CPU build: the plain one would pull several GB of CUDA packages; its dependencies come with the rest
  "$VENV/bin/python" -c "import importlib.metadata as m; raise SystemExit(m.version('torch').split('+')[0] != '$TORCH')" 2>/dev/null && return 0
  attempt pip_install --no-deps "torch==$TORCH+cpu" && return 0  # a local supply of wheels may have it
  must "PyTorch $TORCH, CPU build" pip_install --no-deps "torch==$TORCH+cpu" --index-url https://download.pytorch.org/whl/cpu
}

python_packages() {
  local want
  want=$(stamp_of pyproject.toml constraints.txt requirements/pjsua2.txt)
  fresh python "$want" && return 0
  torch_cpu
  must "PJSIP (requirements/pjsua2.txt)" pip_install --no-deps --require-hashes -r requirements/pjsua2.txt
  must "Python packages" pip_install -e '.[dev]' -c constraints.txt
  mark python "$want"
}

web_bundle() {
  local want
  # shellcheck disable=SC2046  # file names of the tree have no blanks
  want=$(stamp_of package.json package-lock.json tsconfig.json $(find desk/ts desk/static -type f -not -path '*/dist/*' | sort))
  fresh web "$want" && [ -d desk/static/dist ] && [ -d node_modules ] && return 0
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' \
    || fail "Node.js 18 or newer is needed; $(command -v node) is $(node --version)"
  must "npm ci" npm ci --no-audit --no-fund --loglevel=error
  must "web bundle" npm run --silent build
  mark web "$want"
}

say 1 "system packages (PortAudio, Node; for tests SIPp, baresip, Chromium, PulseAudio, PostgreSQL)"; system_packages
say 2 "virtual environment"; virtual_environment
say 3 "Python packages (PyTorch CPU, PJSIP, Vosk and the rest; minutes the first time)"; python_packages
say 4 "web bundle"; web_bundle
say 5 "ready: $("$VENV/bin/python" --version), $VENV/bin/kring"

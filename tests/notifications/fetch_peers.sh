#!/usr/bin/env bash
# Fetch what others wrote that our own peers and readers are held to: Twilio's own description of its interface with a
# program that enforces it, a calculator of segments, and bounces that were collected. Read in place, never committed.
set -euo pipefail
python=$(command -v "${PYTHON:-python3}")
folder=${1:?a folder to put them in}
[ -e "$folder/complete" ] && exit 0
mkdir -p "$folder/bounces"
cd "$folder"

[ -e package.json ] || npm init -y >/dev/null
npm install --no-audit --no-fund --loglevel=error \
    sms-segments-calculator@1 @stoplight/prism-cli@5 @twilio/cli-core@8 >/dev/null
test -e node_modules/@twilio/cli-core/src/services/twilio-api/twilio_api_v2010.json

"$python" -m pip download -q --disable-pip-version-check --no-deps --no-binary :all: -d . flufl.bounce==6.0.0
tar xzf flufl_bounce-6.0.0.tar.gz --wildcards --strip-components=3 -C bounces '*/tests/data/*.txt'
touch complete

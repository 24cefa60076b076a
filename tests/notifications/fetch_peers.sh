#!/usr/bin/env bash
# Fetch what others wrote that our own peers and readers are held to: Twilio's own description of its interface with a
# program that enforces it, a calculator of segments, bounces that were collected, and a mail server. Used in place,
# never committed; each test says where it lacks one.
set -euo pipefail
python=$(command -v "${PYTHON:-python3}")
folder=${1:?a folder to put them in}
if [ ! -e /usr/sbin/postfix ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 postfix >/dev/null || echo "Postfix could not be installed."
fi
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

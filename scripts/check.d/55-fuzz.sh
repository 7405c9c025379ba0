#!/bin/sh
# 60 s of fuzzing for everything that reads bytes of others
set -eu
sh "$1/scripts/fuzz.sh" 60

#!/usr/bin/env bash
# Prints a port of 127.0.0.1 on which nothing listens, below the range that systems give to clients.
set -euo pipefail

while true; do
  port=$(( 20000 + RANDOM % 10000 ))
  # Subshell: the connection is closed with it.
  if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "$port"
    exit
  fi
done

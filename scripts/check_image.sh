#!/usr/bin/env bash
# Builds the image and does the main job against the container: train, also in environments of the
# extras, restart, lose the container, come back on the same volume. DOCKER_BUILD_ARGS and
# DOCKER_RUN_ARGS add to what docker is told (for example "--network host"); IMAGE names an image to
# check instead of building one, EXTRAS what it is built with: with `all`, the default, they are tried.
set -euo pipefail
cd "$(dirname "$0")/.."
image=${IMAGE:-}
extras=${EXTRAS-all}
name=matinee-check-$$
port=${PORT:-8000}
token=$(python3 -c 'import secrets; print(secrets.token_urlsafe(24))')
read -ra build_args <<<"${DOCKER_BUILD_ARGS:-}"
read -ra run_args <<<"${DOCKER_RUN_ARGS:--p 127.0.0.1:$port:8000}"

fail() {
  echo "✗ $1" >&2
  docker logs "$name" 2>&1 | tail -n 30 >&2 || true
  exit 1
}
api() { # METHOD PATH [BODY]
  curl --silent --show-error --max-time 40 -X "$1" "http://127.0.0.1:$port$2" \
    -H "Authorization: Bearer $token" ${3:+-H 'Content-Type: application/json' --data "$3"}
}
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
wait_until() { # SECONDS DESCRIPTION COMMAND…
  local limit=$1 what=$2
  shift 2
  for ((i = 0; i < limit * 2; i++)); do
    if "$@"; then return; fi
    sleep 0.5
  done
  fail "not within $limit s: $what"
}
answers() { curl --silent --fail --max-time 5 "http://127.0.0.1:$port$1" >/dev/null; }
healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$name")" = healthy ]; }
state_of() { api GET "/api/v1/runs/$1" | field state; }
state_is() {
  local state
  state=$(state_of "$1")
  [[ " $2 " == *" $state "* ]]
}

if [ -z "$image" ]; then
  image=matinee
  docker build ${build_args[@]+"${build_args[@]}"} --build-arg EXTRAS="$extras" --tag "$image" .
fi
docker volume create "$name" >/dev/null
trap 'docker rm --force "$name" >/dev/null 2>&1; docker volume rm "$name" >/dev/null 2>&1' EXIT
start_container() {
  docker run --detach --init --name "$name" --env MATINEE_TOKEN="$token" \
    --mount "type=volume,source=$name,target=/data" --user 10001:10001 --read-only \
    --tmpfs /tmp:size=1g,mode=1777,noexec,nosuid,nodev --cap-drop ALL \
    --security-opt no-new-privileges --pids-limit 4096 --memory 8g \
    "${run_args[@]}" "$image" >/dev/null
}
start_container

wait_until 60 "/livez answers" answers /livez
wait_until 60 "/readyz answers" answers /readyz
echo "✓ up"
[ "$(docker exec "$name" id -u)" != 0 ] || fail "the server runs as root"
echo "✓ not root: $(docker exec "$name" id -un)"
curl --silent --max-time 5 "http://127.0.0.1:$port/" | grep -qi '<!doctype html' || fail "/ is no page"
echo "✓ serves the page"
wait_until 60 "docker says healthy" healthy
echo "✓ healthy"

run=$(api POST /api/v1/runs '{"preset": "cartpole-a3c", "seed": 1}' | field id)
wait_until 120 "the run finishes" state_is "$run" "finished"
echo "✓ a run trained to its end: $(api GET "/api/v1/runs/$run" | field progress)"

if [ "$extras" = all ]; then
  for preset in lunar-lander pong; do
    short=$(api POST /api/v1/runs "{\"preset\": \"$preset\", \"seed\": 1,
      \"budget\": {\"env_steps\": 4000}, \"evaluation\": {\"episodes\": 0}}" | field id)
    wait_until 120 "$preset finishes" state_is "$short" "finished"
    echo "✓ $preset trained: $(api GET "/api/v1/runs/$short" | field progress)"
  done
fi

long=$(api POST /api/v1/runs '{"preset": "cartpole-lesson", "seed": 2}' | field id)
wait_until 60 "the second run trains" state_is "$long" "running"
docker restart --time 30 "$name" >/dev/null
wait_until 60 "/readyz answers after a restart" answers /readyz
[ "$(state_of "$run")" = finished ] || fail "the finished run was lost: $(state_of "$run")"
wait_until 30 "the second run is interrupted" state_is "$long" "interrupted"
echo "✓ after docker restart: first run finished, second interrupted"

api POST "/api/v1/runs/$long/start?wait=20" >/dev/null
wait_until 60 "the interrupted run goes on" state_is "$long" "running"
echo "✓ the interrupted run went on from its checkpoint"

docker rm --force "$name" >/dev/null
start_container
wait_until 60 "/readyz answers in a new container" answers /readyz
[ "$(state_of "$run")" = finished ] || fail "the finished run was lost: $(state_of "$run")"
wait_until 30 "the second run is interrupted" state_is "$long" "interrupted"
echo "✓ killed and replaced, on the same volume: first run finished, second interrupted"
echo "✓ the image works"

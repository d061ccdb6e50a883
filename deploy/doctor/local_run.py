"""What `make start` runs here: whether it answers, lets its key in, and what its logs say."""

import collections
import pathlib
import re
import urllib.error
import urllib.request

from finding import Unavailable, fail, ok, output, warn

# The scripts' own functions tell names, ports and pids, so that both always mean the same.
SHOW = r"""
. "$1/deploy/local/common.sh"
for name in $(service_names); do
  field=$(service_field "$name" 3); variable=${field%%=*}
  told=no; [ -e "$(service_pid_file "$name")" ] && told=yes
  printf '%s %s %s %s %s\n' "$name" "$(service_port "$name")" "${!variable}" "$(running_pid "$name" || echo -)" "$told"
done
printf '%s\n' "$run_dir"
"""
ERROR = re.compile(r'^\S+ \S+ ERROR |"level":"ERROR"')
Service = collections.namedtuple("Service", "name port management pid told")


def services(root):
    *lines, run_dir = output("bash", "-c", SHOW, "doctor", str(root)).splitlines()
    return [Service(*line.split(" ", 4)) for line in lines], pathlib.Path(run_dir)


def findings(root):
    try:
        known, run_dir = services(root)
    except Unavailable as error:
        yield fail("local run", f"deploy/local cannot be asked: {error}", "nothing is known of what runs", "bash deploy/local/status.sh")
        return
    for service in known:
        yield from of_service(service, run_dir / f"{service.name}.log")
    if any(service.name == "inference-service" and service.pid != "-" for service in known):
        port = next(service.port for service in known if service.name == "inference-service")
        yield of_key(f"http://127.0.0.1:{port}/v1/models", run_dir / "api-key")


def of_service(service, log):
    if service.pid == "-":
        yield not_running(service, log)
        return
    status, text = asked(f"http://127.0.0.1:{service.management}/q/health/ready")
    if status == 200:
        yield ok(service.name, f"ready, pid {service.pid}, port {service.port}")
    else:
        yield fail(service.name, f"not ready: {text}", "it serves nobody", f"curl -s localhost:{service.management}/q/health; tail -n 20 {log}")
    yield from of_log(service.name, log)


def not_running(service, log):
    if service.told == "yes":
        return fail(service.name, "was started and has ended by itself", "it serves nobody", f"make stop; tail -n 20 {log}; make start")
    return ok(service.name, "not started (make start)")


def of_log(name, log):
    if not log.exists():
        return
    with open(log, encoding="utf-8", errors="replace") as lines:
        errors = [line.strip() for line in lines if ERROR.search(line)]
    if errors:
        yield warn(f"{name} log", f"{len(errors)} errors, the last: {errors[-1][:160]}", "requests may have failed", f"grep -n ERROR {log}")
    else:
        yield ok(f"{name} log", "no errors")


def of_key(address, file):
    if not file.exists():
        return warn("api key", f"no {file}", "nobody has a key of this run", "make stop; make start writes a new one")
    status, text = asked(address, file.read_text().strip())
    if status == 200:
        return ok("api key", f"{file} is let in")
    if status == 401:
        return fail("api key", f"{file} is refused: {text}", "clients with it get 401", "make stop; make start writes a new one")
    return fail("api key", f"GET /v1/models: {text}", "requests fail", "docs/errors.md tells the code; make status")


def asked(address, key=None):
    """Status and what to tell of it; 0 where nobody answers."""
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            return reply.status, "answers"
    except urllib.error.HTTPError as error:
        code = re.search(r'"code" *: *"(\w+)"', error.read(10_000).decode(errors="replace"))
        return error.code, f"{error.code} {code.group(1) if code else error.reason}"
    except OSError as error:
        return 0, f"no answer ({error})"

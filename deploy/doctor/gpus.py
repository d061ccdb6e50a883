"""NVIDIA's GPUs of this machine, by the driver's own program."""

from finding import Unavailable, fail, ok, output, warn

FIELDS = (
    "index,name,compute_cap,driver_version,memory.total,memory.used,ecc.errors.uncorrected.volatile.total,"
    "clocks_throttle_reasons.hw_slowdown,clocks_throttle_reasons.sw_thermal_slowdown"
).split(",")
OLDEST_CAPABILITY = (8, 0)
OLDEST_DRIVER = 525


def findings():
    try:
        text = output("nvidia-smi", f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits")
    except Unavailable as error:
        if isinstance(error.__cause__, FileNotFoundError):
            yield ok("gpu", "no NVIDIA driver here: the processor computes")
        else:
            yield fail("gpu", f"nvidia-smi: {error}", "no GPU can be used", "dmesg | grep -i -e nvrm -e xid")
        return
    for line in text.strip().splitlines():
        yield from one(row(line))


def row(line):
    return dict(zip(FIELDS, (cell.strip() for cell in line.split(","))))


def one(gpu):
    subject = f"gpu {gpu['index']}"
    found = list(problems(subject, gpu))
    yield from found
    if not found:
        yield ok(subject, f"{gpu['name']}, {gpu['memory.total']} MiB of which {gpu['memory.used']} are used, driver {gpu['driver_version']}")


def problems(subject, gpu):
    capability = tuple(int(part) for part in gpu["compute_cap"].split(".") if part.isdigit())
    if capability and capability < OLDEST_CAPABILITY:
        yield fail(
            subject, f"{gpu['name']} has compute capability {gpu['compute_cap']}",
            "the engine needs 8.0 or newer", "DEVICE=cpu make start, or another GPU (docs/gpu.md)",
        )  # fmt: skip
    driver = gpu["driver_version"].split(".")[0]
    if driver.isdigit() and int(driver) < OLDEST_DRIVER:
        yield fail(subject, f"driver {gpu['driver_version']}", f"{OLDEST_DRIVER} or newer is needed", "install a newer driver (docs/gpu.md)")
    errors = gpu["ecc.errors.uncorrected.volatile.total"]
    if errors.isdigit() and int(errors):
        yield fail(
            subject, f"{errors} uncorrected memory errors since the driver was loaded",
            "programs on it are ended", f"nvidia-smi -i {gpu['index']} -q -d ECC,ROW_REMAPPER, then drain and reset it",
        )  # fmt: skip
    for reason in ("hw_slowdown", "sw_thermal_slowdown"):
        if gpu[f"clocks_throttle_reasons.{reason}"] == "Active":
            yield warn(subject, f"clocks are lowered: {reason}", "everything takes longer", f"nvidia-smi -i {gpu['index']} -q -d PERFORMANCE,TEMPERATURE")

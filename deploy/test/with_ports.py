"""Runs a command with a free port in each variable that is named: with_ports.py VARIABLE... -- COMMAND.
They are nobody else's until it ends.
"""

import os
import subprocess
import sys

from services import free_port

end = sys.argv.index("--")
ports = {variable: str(free_port()) for variable in sys.argv[1:end]}
sys.exit(subprocess.run(sys.argv[end + 1 :], env={**os.environ, **ports}, check=False).returncode)

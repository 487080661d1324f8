"""A new process that reads the files named on its input, and prints the most memory it held after some of them."""

import sys
from pathlib import Path

import psutil

from entrepot.forms.reader import Reference, read_return
from entrepot.settings import Settings

if __name__ == "__main__":
    told_after = {int(number) for number in sys.argv[1:]}
    reference = Reference.load(Settings().seeds_dir)
    # The system's own peak begins with what the process that started this one held.
    process, most = psutil.Process(), 0
    for number, line in enumerate(sys.stdin, start=1):
        path = Path(line.rstrip("\n"))
        read_return(path.read_bytes(), path.name, reference)
        most = max(most, process.memory_info().rss)
        if number in told_after:
            print(number, most)

"""Starts the emulated platform and gives it orders."""
import json
import os
import subprocess
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


class Emulator:
    def __init__(self, folder, host='localhost'):
        self.process = subprocess.Popen(
            ['/usr/bin/python3', '-B', '-W', 'ignore::DeprecationWarning',
             os.path.join(HERE, 'server.py'), folder, host],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.about = json.loads(self.process.stdout.readline())

    def order(self, path, content=None):
        data = None if content is None else json.dumps(content).encode()
        with urllib.request.urlopen(self.about['control'] + path, data, timeout=20) as answer:
            return json.load(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)

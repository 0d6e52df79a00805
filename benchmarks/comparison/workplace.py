"""The temporary folder of a run: certificates, bodies, free ports, the compiled load generator."""

import os
import random
import socket
import subprocess
from pathlib import Path

NAMES = {"ecdsa": "localhost", "rsa": "rsa.localhost"}
BODY_BYTES = {"128": 128, "64k": 64 * 1024, "1m": 1024 * 1024}
# Below the ephemeral range of Linux, so that no client's own port can collide with a server's.
PORT_RANGE = range(20000, 32000)
ROOT = Path(__file__).resolve().parents[2]


class Workplace:
    """Owns nothing but files below `folder`; whoever made the folder removes it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        # Servers that drop root have to reach the bodies; keys stay readable by their owner only.
        self.folder.chmod(0o755)
        self._ports = set()
        self.bodies = self.folder / "bodies"

    def free_port(self):
        """A TCP port of 127.0.0.1 that nobody listens on at the moment, different at every call."""
        for port in random.sample(PORT_RANGE, len(PORT_RANGE)):
            if port in self._ports:
                continue
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            self._ports.add(port)
            return port
        raise RuntimeError("no free port")

    def make_bodies(self):
        self.bodies.mkdir()
        for name, size in BODY_BYTES.items():
            (self.bodies / name).write_bytes(b"x" * size)

    def make_certificates(self):
        """A CA, and one leaf per algorithm: NAME.pem (leaf), NAME.key, NAME.both for HAProxy."""
        self._openssl("req", "-x509", *self._key("ecdsa"), "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
                      "-subj", "/CN=Comparison CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        for name, host in NAMES.items():
            self._openssl("req", "-new", *self._key(name), "-keyout", f"{name}.key", "-out", f"{name}.csr",
                          "-subj", f"/CN={host}")
            (self.folder / f"{name}.ext").write_text(
                f"subjectAltName=DNS:{host}\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
                "extendedKeyUsage=serverAuth\n"
            )
            self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                          "-CAcreateserial", "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
            key = self.folder / f"{name}.key"
            key.chmod(0o600)
            both = self.folder / f"{name}.both"
            both.touch(0o600)
            both.write_text((self.folder / f"{name}.pem").read_text() + key.read_text())

    def make_client_settings(self):
        """An OpenSSL configuration that gives wrk and h2load the same cipher and group as handshake-load."""
        path = self.folder / "client.cnf"
        path.write_text(
            "openssl_conf = main\n[main]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\n"
            "MinProtocol = TLSv1.3\nCiphersuites = TLS_AES_128_GCM_SHA256\nGroups = X25519:P-256\n"
        )
        return path

    @staticmethod
    def compile_handshake_load():
        """Compiles the generator below target/, when the source is newer; returns the program's path."""
        source = ROOT / "benchmarks" / "handshake-load.c"
        program = ROOT / "target" / "benchmarks" / "handshake-load"
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            program.parent.mkdir(parents=True, exist_ok=True)
            fresh = program.with_suffix(f".{os.getpid()}")
            libraries = ["-lssl", "-lcrypto", "-lpthread"]
            subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-o", fresh, source, *libraries], check=True, stdout=2)
            fresh.replace(program)
        return program

    @staticmethod
    def _key(name):
        kind = ["-newkey", "rsa:2048"] if name == "rsa" else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        return [*kind, "-nodes"]

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, text=True, capture_output=True)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")

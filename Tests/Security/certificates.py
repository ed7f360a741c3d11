"""Certificates for the tests in this folder, made with openssl."""

import os
import ssl
import subprocess
import tempfile


class Certificates:
    """An authority with a certificate for an address of a server and one for a client, in a folder of their own."""

    def __init__(self, address="127.0.0.1"):
        self.address = address
        self.folder = tempfile.TemporaryDirectory(prefix="longhaul-certificates-")
        self.openssl("req", "-x509", *self.new_key("ca"), "-days", "2", "-out", self.path("ca.pem"))
        self.issue("server", "serverAuth")
        self.issue("client", "clientAuth")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def new_key(self, name):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-keyout",
                self.path(f"{name}.key"))

    def issue(self, name, usage):
        self.openssl("req", *self.new_key(name), "-addext", f"subjectAltName=IP:{self.address}", "-addext",
                     f"extendedKeyUsage={usage}", "-out", self.path(f"{name}.csr"))
        self.openssl("x509", "-req", "-in", self.path(f"{name}.csr"), "-CA", self.path("ca.pem"), "-CAkey", self.path("ca.key"),
                     "-CAcreateserial", "-days", "2", "-copy_extensions", "copyall", "-out", self.path(f"{name}.pem"))

    def options(self):
        return ("--tls-cert", self.path("server.pem"), "--tls-key", self.path("server.key"), "--tls-client-ca",
                self.path("ca.pem"))

    def context(self, client=None):
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        if client:
            context.load_cert_chain(self.path(f"{client}.pem"), self.path(f"{client}.key"))
        return context

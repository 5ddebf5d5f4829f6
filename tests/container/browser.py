"""A browser without a screen: follows the provider's pages, and fills in their forms."""
import http.client
import http.cookiejar
import re
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request

PAGES_MOST = 10


class Connection(http.client.HTTPSConnection):
    """To the sandbox's own provider, whatever the name: nobody resolves it there."""

    def connect(self):
        self.sock = self._context.wrap_socket(socket.create_connection(('127.0.0.1', 443), 20), server_hostname=self.host)


class Secure(urllib.request.HTTPSHandler):
    def __init__(self, trust):
        super().__init__(context=trust)
        self.trust = trust

    def https_open(self, req):
        return self.do_open(lambda host, **how: Connection(host, context=self.trust, **how), req)


class Browser:
    """One visit of one person; nothing is remembered from one browser to the next."""

    def __init__(self, authority):
        self.opener = urllib.request.build_opener(
            Secure(ssl.create_default_context(cafile=authority)),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, url, fields=None):
        try:
            answer = self.opener.open(url, urllib.parse.urlencode(fields).encode() if fields else None, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.geturl(), answer.read().decode()

    def follow(self, url, **values):
        """Posts one form after the other, with these values where a field of that name is. The last page."""
        url, page = self.get(url)
        for _ in range(PAGES_MOST):
            form = re.search(r'<form\b([^>]*)>(.*?)</form>', page, re.S | re.I)
            if not form:
                break
            fields = {}
            for field in re.findall(r'<input\b[^>]*>', form[2], re.I):
                about = dict(re.findall(r'([\w-]+)="([^"]*)"', field))
                if 'name' in about:
                    fields[about['name']] = values.get(about['name'], about.get('value', ''))
            target = re.search(r'action="([^"]+)"', form[1])
            url, page = self.get(urllib.parse.urljoin(url, target[1] if target else ''), fields)
            if fields.get('decision', 'allow') != 'allow':
                break
        return page

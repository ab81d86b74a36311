"""Exit with 0 if the service of this container answers, and else with 1 and one line.

The token is that of the service, in DUPFIND_TOKEN; HEALTHCHECK_PORT names another port than 8477.
"""

import json
import os
import sys
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener


def main() -> int:
    """Request /health on this machine."""
    url = f"http://127.0.0.1:{os.environ.get('HEALTHCHECK_PORT', '8477')}/health"
    token = os.environ.get("DUPFIND_TOKEN")
    request = Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=4) as response:  # never through a proxy
            status = json.load(response)["status"]
    except (URLError, OSError, ValueError, KeyError) as error:
        print(f"{url} does not answer: {error}", file=sys.stderr)
        return 1
    return 0 if status == "ok" else 1


if __name__ == "__main__":
    sys.exit(main())

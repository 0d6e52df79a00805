package io.portward.server.demo;

import io.netty.handler.codec.http.HttpRequest;
import java.util.Map;

/** The page that shows a request as the demo's web server got it. */
final class DemoPage {

    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <title>Portward demo</title>
              <style>
                body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }
                table { border-collapse: collapse; width: 100%; }
                th, td { text-align: left; vertical-align: top; padding: .3em .6em; border-bottom: 1px solid #ccc; overflow-wrap: anywhere; }
                th { white-space: nowrap; font-weight: 600; }
              </style>
            </head>
            <body>
              <h1>It works</h1>
              <p>Your request came to Portward over TLS. This page was made by a small web server behind it, which got the request
                in plain HTTP and shows what it saw:</p>
              <p><code>REQUEST_LINE</code></p>
              <table>
            HEADER_ROWS  </table>
              <p>More to try: <a href="/bytes/1048576">/bytes/1048576</a> streams a mebibyte, <a href="/slow">/slow</a> sends a line
                every half second.</p>
            </body>
            </html>
            """;

    private DemoPage() {}

    static String of(HttpRequest request) {
        StringBuilder rows = new StringBuilder();
        for (Map.Entry<String, String> header : request.headers()) {
            rows.append("    <tr><th>")
                    .append(escape(header.getKey()))
                    .append("</th><td>")
                    .append(escape(header.getValue()))
                    .append("</td></tr>\n");
        }
        String line = request.method() + " " + request.uri() + " " + request.protocolVersion();
        return PAGE.replace("REQUEST_LINE", escape(line)).replace("HEADER_ROWS", rows);
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}

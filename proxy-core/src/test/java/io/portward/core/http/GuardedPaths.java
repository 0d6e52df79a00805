package io.portward.core.http;

import java.util.stream.Stream;

/** Ways to ask for something under {@code /admin} that one server or another takes for it. */
public final class GuardedPaths {

    private GuardedPaths() {}

    public static Stream<String> spellings() {
        return Stream.of(
                "/admin",
                "/admin/",
                "/admin/x",
                "/admin?x",
                "//admin",
                "///admin//x",
                "/./admin",
                "/x/../admin",
                "/x/./../admin",
                "/x//../admin",
                "/%61dmin",
                "/%61%64%6D%69%6e/x",
                "/x/%2e%2e/admin",
                "/x/%2E./admin",
                "/x/.%2e/admin",
                "/%2e/admin",
                "/../admin",
                "/%2e%2e/admin",
                "/%2fadmin",
                "/x%2f..%2fadmin",
                "/x%2F%2e%2e%2F%61dmin",
                "/x/..%2fadmin",
                "/x/..%2f%2fadmin",
                "/..%2fadmin",
                "/admin%2fx",
                "/admin%2F",
                "/admin%5cx",
                "/%5cadmin",
                "/x\\..\\admin",
                "/x/..\\admin",
                "/x%5c..%5cadmin",
                "/x%5C..%2fadmin",
                "/admin;x",
                "/admin;x=1/y",
                "/;/admin",
                "/;x/admin;y",
                "/x/..;/admin",
                "/x/..;a=b/admin",
                "/x/%2e%2e;/admin",
                "/..;/admin",
                "/x;%2f..%2fadmin",
                "/admin;%2f..%2fx",
                "/admin%00",
                "/admin%00.html",
                "/admin%",
                "/x%/../admin",
                "/%zz/../admin");
    }
}

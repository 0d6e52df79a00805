package io.portward.config.yaml;

import io.portward.config.model.HeaderChanges;
import io.portward.config.model.LocationTemplate;
import io.portward.config.model.RedirectConfig;
import io.portward.config.model.RespondConfig;
import java.util.List;
import java.util.Map;

/** The sections of a route that say what is done. */
final class RouteActionKeys {

    /** Keeps the method, and may be remembered (RFC 9110 §15.4.9). */
    private static final int DEFAULT_REDIRECT = 308;

    private static final String DEFAULT_CONTENT_TYPE = "text/plain; charset=utf-8";

    private static final Key<RedirectConfig, LocationTemplate> TO = Key.required(
            "to",
            RouteScalars.LOCATION,
            RedirectConfig::to,
            "The new address; {host}, {authority} (host and port), {path}, {query} (with its ?) and {uri} (path and query) are the request's.");

    private static final Key<RedirectConfig, Integer> REDIRECT_STATUS = Key.withDefault(
            "status",
            RouteScalars.REDIRECT_STATUS,
            DEFAULT_REDIRECT,
            RedirectConfig::status,
            "308 and 307 keep the method; 308 and 301 may be remembered by browsers.");

    static final Section<RedirectConfig> REDIRECT = new Section<>(
            "redirect",
            "Sends clients elsewhere.",
            List.of(TO, REDIRECT_STATUS),
            v -> new RedirectConfig(v.get(TO), v.get(REDIRECT_STATUS)));

    private static final Key<RespondConfig, Integer> STATUS =
            Key.required("status", Scalars.number(200, 599), RespondConfig::status, "The status code of the answer.");

    private static final Key<RespondConfig, String> BODY =
            Key.withDefault("body", RouteScalars.BODY, "", RespondConfig::body, "The body, up to 4096 characters.");

    private static final Key<RespondConfig, String> CONTENT_TYPE = Key.withDefault(
            "contentType",
            RouteScalars.HEADER_VALUE,
            DEFAULT_CONTENT_TYPE,
            RespondConfig::contentType,
            "The media type of the body, which is sent as UTF-8.");

    static final Section<RespondConfig> RESPOND = new Section<>(
            "respond",
            "A fixed answer.",
            List.of(STATUS, BODY, CONTENT_TYPE),
            v -> new RespondConfig(v.get(STATUS), v.get(BODY), v.get(CONTENT_TYPE)));

    private static final MapType<String> FIELDS =
            new MapType<>(RouteScalars.CHANGED_HEADER, RouteScalars.HEADER_VALUE, "names of headers, each with ");

    private static final Key<HeaderChanges, Map<String, String>> SET =
            Key.withDefault("set", FIELDS, Map.of(), HeaderChanges::set, "Replaces every header of the name.");

    private static final Key<HeaderChanges, Map<String, String>> ADD =
            Key.withDefault("add", FIELDS, Map.of(), HeaderChanges::add, "Comes beside those that are there.");

    private static final Key<HeaderChanges, List<String>> REMOVE = Key.withDefault(
            "remove",
            new ListType<>(RouteScalars.CHANGED_HEADER, 0),
            List.of(),
            HeaderChanges::remove,
            "Goes before anything is set or added.");

    static final Section<HeaderChanges> HEADERS = new Section<>(
            "headerChanges",
            "Changes of headers.",
            List.of(SET, ADD, REMOVE),
            v -> new HeaderChanges(v.get(SET), v.get(ADD), v.get(REMOVE)));

    private RouteActionKeys() {}
}

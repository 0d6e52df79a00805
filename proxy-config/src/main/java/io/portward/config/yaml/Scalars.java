package io.portward.config.yaml;

import io.portward.config.model.AddressRange;
import io.portward.config.model.BackendTlsConfig;
import io.portward.config.model.BalanceConfig;
import io.portward.config.model.BalanceMethod;
import io.portward.config.model.IpLiteral;
import io.portward.config.model.ListenAddress;
import io.portward.config.model.RouteConfig;
import io.portward.config.model.ServerConfig;
import io.portward.config.model.StatusRange;
import io.portward.config.validate.NearestName;
import java.net.InetAddress;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The one-line values of the configuration file. */
final class Scalars {

    /** Names given by the operator; they become metric labels and parts of key paths. */
    static final String NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$";

    static final ScalarType<Boolean> BOOLEAN = new ScalarType<>(
            "true or false",
            "",
            Set.of(ScalarKind.BOOLEAN),
            Scalars::parseBoolean,
            b -> b,
            false,
            Map.of("type", "boolean"));

    static final ScalarType<String> NAME = text("a name", NAME_PATTERN, Scalars::parseName, n -> n, "");

    /** Names of the file's own things as keys of a mapping. */
    static final ScalarType<String> KEY = text(
            "a name",
            NAME_PATTERN,
            (text, place) -> {
                if (!Pattern.matches(NAME_PATTERN, text)) {
                    throw new IllegalArgumentException(
                            "this is not a name (expected: up to 63 letters, digits, '-', '_' or '.')");
                }
                return text;
            },
            n -> n,
            "");

    static final ScalarType<Path> FILE =
            text("the path of a file", "^[^\\u0000]+$", Scalars::parseFile, Path::toString, Path.of(""));

    static final ScalarType<String> HOST = text(
            "a host name such as shop.example.com or *.example.com",
            "^[^/\\s]+$",
            (text, place) -> RouteConfig.parseHost(text),
            h -> h,
            "");

    static final ScalarType<String> TLS_NAME = text(
            "a name or address such as app.internal or 192.0.2.1",
            "^[A-Za-z0-9.:-]+$",
            (text, place) -> BackendTlsConfig.parseServerName(text),
            n -> n,
            "");

    static final ScalarType<String> URL_PATH = text(
            "a path prefix such as /api", "^/[^?#\\s]*$", (text, place) -> RouteConfig.parsePath(text), p -> p, "/");

    static final ScalarType<AddressRange> ADDRESS_RANGE = text(
            "an address or address range such as 192.0.2.1 or 10.0.0.0/8",
            "^[0-9a-fA-F:.]+(/[0-9]{1,3})?$",
            (text, place) -> AddressRange.parse(text),
            AddressRange::toString,
            new AddressRange(loopback(), 32));

    static final ScalarType<ServerConfig> SERVER_ADDRESS = text(
            "host:port",
            "^([A-Za-z0-9_.-]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}$",
            (text, place) -> ServerConfig.parse(text, 1),
            ServerConfig::address,
            new ServerConfig("", "", 0, 1));

    static final ScalarType<Integer> PERCENT = text(
            "a share such as 20%, from 0% to 100%",
            "^(100|[1-9]?[0-9])%$",
            (text, place) -> {
                if (!text.matches("(100|[1-9]?[0-9])%")) {
                    throw new IllegalArgumentException("'" + text + "' is not a share (expected: 0% to 100%)");
                }
                return Integer.valueOf(text.substring(0, text.length() - 1));
            },
            percent -> percent + "%",
            0);

    static final ScalarType<BalanceConfig> HASHED = text(
            "source, header:NAME or cookie:NAME",
            "^(source|(header|cookie): *[A-Za-z0-9!#$%&'*+.^_`|~-]+ *)$",
            (text, place) -> BalanceConfig.parseHash(text),
            BalanceConfig::hash,
            new BalanceConfig(BalanceMethod.HASH_SOURCE, ""));

    /** A single code is a number to YAML. */
    static final ScalarType<StatusRange> STATUS_RANGE = new ScalarType<>(
            "a status code or range such as 200 or 200-399",
            "",
            Set.of(ScalarKind.TEXT, ScalarKind.INTEGER),
            (text, place) -> StatusRange.parse(text),
            range -> range.least() == range.most() ? (Object) Integer.valueOf(range.least()) : range.toString(),
            new StatusRange(200, 200),
            ordered(
                    "anyOf",
                    List.of(
                            ordered("type", "integer", "minimum", 200, "maximum", 599),
                            ordered("type", "string", "pattern", "^[2-5][0-9]{2}(-[2-5][0-9]{2})?$"))));

    /** Numbers are written as they are, so both YAML numbers and texts are read. */
    static final ScalarType<ListenAddress> LISTEN = new ScalarType<>(
            "a port or address such as 443, 0.0.0.0:443, \"[::]:443\" or 127.0.0.1:0",
            "",
            Set.of(ScalarKind.TEXT, ScalarKind.INTEGER),
            (text, place) -> ListenAddress.parse(text),
            listen -> ScalarKind.ofPlain(listen.text()) == ScalarKind.INTEGER
                    ? (Object) Integer.valueOf(listen.text())
                    : listen.text(),
            new ListenAddress("", null, 0),
            ordered(
                    "anyOf",
                    List.of(
                            ordered("type", "integer", "minimum", 0, "maximum", 65535),
                            ordered("type", "string", "pattern", "^(([0-9.]+|\\[[0-9a-fA-F:.]+\\]):)?[0-9]{1,5}$")),
                    "examples",
                    List.of(443, "0.0.0.0:443", "[::]:443", "127.0.0.1:0")));

    private Scalars() {}

    static ScalarType<Duration> duration(Duration least, Duration most) {
        return text(
                        Durations.EXPECTED,
                        Durations.PATTERN,
                        (text, place) -> {
                            Duration value = Durations.parse(text);
                            if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                                throw outOfRange(text, Durations.format(least), Durations.format(most));
                            }
                            return value;
                        },
                        Durations::format,
                        most)
                .within("a duration from " + Durations.format(least) + " to " + Durations.format(most));
    }

    static ScalarType<Integer> size(int least, int most) {
        return Scalars.<Integer>size(least, most, Long::intValue, Sizes::format, most);
    }

    /** For what may be larger than memory. */
    static ScalarType<Long> largeSize(long least, long most) {
        return Scalars.<Long>size(least, most, n -> n, Sizes::format, most);
    }

    private static <N extends Number> ScalarType<N> size(
            long least, long most, Function<Long, N> narrowed, Function<N, Object> writer, N example) {
        return text(
                        Sizes.EXPECTED,
                        Sizes.PATTERN,
                        (text, place) -> {
                            long value = Sizes.parse(text);
                            if (value < least || value > most) {
                                throw outOfRange(text, Sizes.format(least), Sizes.format(most));
                            }
                            return narrowed.apply(value);
                        },
                        writer,
                        example)
                .within("a size from " + Sizes.format(least) + " to " + Sizes.format(most));
    }

    static ScalarType<Integer> number(int least, int most) {
        return new ScalarType<>(
                "a number from " + least + " to " + most,
                "",
                Set.of(ScalarKind.INTEGER),
                (text, place) -> {
                    if (!text.matches("0|[1-9][0-9]{0,8}")
                            || Integer.parseInt(text) < least
                            || Integer.parseInt(text) > most) {
                        throw outOfRange(text, String.valueOf(least), String.valueOf(most));
                    }
                    return Integer.valueOf(text);
                },
                n -> n,
                most,
                ordered("type", "integer", "minimum", least, "maximum", most));
    }

    /** The constants of an enum, written in lower case. */
    static <E extends Enum<E>> ScalarType<E> choice(Class<E> type) {
        Map<String, E> values = new LinkedHashMap<>();
        for (E constant : type.getEnumConstants()) {
            values.put(spell(constant), constant);
        }
        List<String> names = List.copyOf(values.keySet());
        return new ScalarType<>(
                (names.size() == 1 ? "" : "one of ") + String.join(", ", names),
                "",
                Set.of(ScalarKind.TEXT),
                (text, place) -> {
                    E value = values.get(text);
                    if (value == null) {
                        String hint = NearestName.hint(text, names);
                        throw new IllegalArgumentException("'" + text + "' is not known here"
                                + (hint.isEmpty() ? " (expected: " + String.join(", ", names) + ")" : hint));
                    }
                    return value;
                },
                Scalars::spell,
                type.getEnumConstants()[0],
                Map.of("enum", names));
    }

    /** How the file spells an enum constant. */
    static String spell(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static Map<String, Object> ordered(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }

    static <T> ScalarType<T> text(
            String expected, String pattern, ScalarType.Parser<T> parser, Function<T, Object> writer, T example) {
        Map<String, Object> schema = ordered("type", "string", "pattern", pattern);
        return new ScalarType<>(expected, "", Set.of(ScalarKind.TEXT), parser, writer, example, schema);
    }

    private static IllegalArgumentException outOfRange(String text, String least, String most) {
        return new IllegalArgumentException("'" + text + "' is out of range (expected: " + least + " to " + most + ")");
    }

    private static Boolean parseBoolean(String text, Place place) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(
                    "write '" + text.toLowerCase(Locale.ROOT) + "' instead of '" + text + "'");
        }
        return text.equals("true");
    }

    private static String parseName(String text, Place place) {
        if (!Pattern.matches(NAME_PATTERN, text)) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a name (expected: up to 63 letters, digits, '-', '_' or '.')");
        }
        return text;
    }

    private static Path parseFile(String text, Place place) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the path is empty");
        }
        if (text.startsWith("~")) {
            throw new IllegalArgumentException("'" + text + "': '~' is not expanded; write the whole path");
        }
        try {
            return place.directory().resolve(text).normalize();
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("'" + text + "' is not a path");
        }
    }

    private static InetAddress loopback() {
        InetAddress address = IpLiteral.parse("127.0.0.1");
        if (address == null) {
            throw new IllegalStateException("127.0.0.1 is a literal address");
        }
        return address;
    }
}

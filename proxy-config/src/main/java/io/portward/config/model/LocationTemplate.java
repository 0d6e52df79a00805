package io.portward.config.model;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a redirect leads: a URL with variables in braces.
 *
 * @param text as the operator wrote it
 * @param literals what stands before, between and behind the variables; one more than those
 */
public record LocationTemplate(String text, List<String> literals, List<Variable> variables) {

    /** What a request fills in. */
    public enum Variable {
        /** The host without its port. */
        HOST,
        /** The host with its port, if the client sent one. */
        AUTHORITY,
        /** The path in normal form. */
        PATH,
        /** The query with its question mark; empty when there is none. */
        QUERY,
        /** Path and query. */
        URI
    }

    public LocationTemplate {
        literals = List.copyOf(literals);
        variables = List.copyOf(variables);
    }

    /** @throws IllegalArgumentException with a message for the operator */
    public static LocationTemplate parse(String text) {
        List<String> literals = new ArrayList<>();
        List<Variable> variables = new ArrayList<>();
        int start = 0;
        for (int open = text.indexOf('{'); open >= 0; open = text.indexOf('{', start)) {
            int close = text.indexOf('}', open);
            if (close < 0) {
                throw new IllegalArgumentException("'" + text + "' holds a '{' without its '}'");
            }
            literals.add(text.substring(start, open));
            variables.add(variable(text.substring(open + 1, close)));
            start = close + 1;
        }
        literals.add(text.substring(start));
        LocationTemplate template = new LocationTemplate(text, literals, variables);
        template.check();
        return template;
    }

    private static Variable variable(String name) {
        return Stream.of(Variable.values())
                .filter(variable -> spell(variable).equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no variable is called '" + name + "' (known: "
                        + Stream.of(Variable.values())
                                .map(LocationTemplate::spell)
                                .collect(Collectors.joining(", "))
                        + ")"));
    }

    private static String spell(Variable variable) {
        return variable.name().toLowerCase(Locale.ROOT);
    }

    /** What comes out for an ordinary request has to be a URL with a host, or a path that no browser takes for one. */
    private void check() {
        String sample = expand(variable -> switch (variable) {
            case HOST -> "a.example";
            case AUTHORITY -> "a.example:8443";
            case PATH -> "/b";
            case QUERY -> "?c";
            case URI -> "/b?c";
        });
        try {
            URI url = new URI(sample);
            // The host must not begin in a variable: the path of a client would be taken for one.
            boolean absolute = (text.startsWith("https://") || text.startsWith("http://")) && url.getHost() != null;
            boolean local = url.getScheme() == null && sample.startsWith("/") && !sample.startsWith("//");
            if (sample.equals(url.toASCIIString()) && (absolute || local)) {
                return;
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("'" + text + "' makes no URL: " + e.getMessage());
        }
        throw new IllegalArgumentException(
                "'" + text + "' leads to no place (expected: https://{host}/new{path}, or a path such as /new)");
    }

    /** Whether a request without a host cannot be sent there. */
    public boolean needsHost() {
        return variables.contains(Variable.HOST) || variables.contains(Variable.AUTHORITY);
    }

    public String expand(Function<Variable, String> values) {
        StringBuilder out = new StringBuilder(literals.get(0));
        for (int i = 0; i < variables.size(); i++) {
            out.append(values.apply(variables.get(i))).append(literals.get(i + 1));
        }
        return out.toString();
    }
}

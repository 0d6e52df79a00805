package io.portward.core.route;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is written down for which server name, in the operator's order; the first entry that matches wins. A look-up takes two hash look-ups,
 * however many entries there are.
 *
 * <p>Threading: immutable; any thread.
 *
 * @param <T> what an entry leads to
 */
public final class ServerNameTable<T> {

    /**
     * One line of the operator's.
     *
     * @param host lower case without trailing dot, exact or as {@code *.example.com} for one label below; null for every client, also one
     *     that gives no name
     */
    public record Entry<T>(@Nullable String host, T target) {}

    private record Place<T>(int index, T target) {}

    private static final String WILDCARD = "*.";

    private final Map<String, Place<T>> exact = new HashMap<>();

    /** By what follows the first label: {@code *.example.com} under {@code example.com}. */
    private final Map<String, Place<T>> wildcard = new HashMap<>();

    private final @Nullable Place<T> any;

    private ServerNameTable(List<Entry<T>> entries) {
        Place<T> first = null;
        for (int i = 0; i < entries.size(); i++) {
            Entry<T> entry = entries.get(i);
            String host = entry.host();
            Place<T> place = new Place<>(i, entry.target());
            if (host == null) {
                first = first == null ? place : first;
            } else if (host.startsWith(WILDCARD)) {
                wildcard.putIfAbsent(host.substring(WILDCARD.length()), place);
            } else {
                exact.putIfAbsent(host, place);
            }
        }
        any = first;
    }

    public static <T> ServerNameTable<T> of(List<Entry<T>> entries) {
        return new ServerNameTable<>(entries);
    }

    /**
     * @param name lower case without trailing dot; null when the client gave none
     * @return null when no entry matches
     */
    public @Nullable T find(@Nullable String name) {
        Place<T> found = any;
        if (name != null) {
            int dot = name.indexOf('.');
            found = earlier(found, exact.get(name));
            found = dot > 0 ? earlier(found, wildcard.get(name.substring(dot + 1))) : found;
        }
        return found == null ? null : found.target();
    }

    private static <T> @Nullable Place<T> earlier(@Nullable Place<T> one, @Nullable Place<T> other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.index() < other.index() ? one : other;
    }
}

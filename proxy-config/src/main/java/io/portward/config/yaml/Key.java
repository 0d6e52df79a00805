package io.portward.config.yaml;

import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One key of a section: everything the reader, the writer and the schema need to know about it.
 *
 * @param <S> the section's record
 * @param <T> the key's value
 * @param getter takes the value from the record; null from it means absent
 * @param defaultValue what the key means when it is absent; null when it has no default
 * @param required whether it has to be given, whatever the variant
 * @param inherits whether the default is the value of the root key of the same name
 * @param shared whether keys of the same name in other sections inherit from this one
 * @param doc one line for the operator; part of the schema
 * @param onlyFor the variants of the section that know this key; empty means all
 * @param requiredFor the variants that cannot do without it
 * @param excuse what to say when another variant is given the key; empty for the usual message
 */
record Key<S, T>(
        String name,
        ValueType<T> type,
        Function<S, @Nullable T> getter,
        @Nullable T defaultValue,
        boolean required,
        boolean inherits,
        boolean shared,
        String doc,
        Set<String> onlyFor,
        Set<String> requiredFor,
        String excuse) {

    static <S, T> Key<S, T> required(String name, ValueType<T> type, Function<S, @Nullable T> getter, String doc) {
        return new Key<>(name, type, getter, null, true, false, false, doc, Set.of(), Set.of(), "");
    }

    static <S, T> Key<S, T> optional(String name, ValueType<T> type, Function<S, @Nullable T> getter, String doc) {
        return new Key<>(name, type, getter, null, false, false, false, doc, Set.of(), Set.of(), "");
    }

    static <S, T> Key<S, T> withDefault(
            String name, ValueType<T> type, T defaultValue, Function<S, @Nullable T> getter, String doc) {
        return new Key<>(name, type, getter, defaultValue, false, false, false, doc, Set.of(), Set.of(), "");
    }

    /** A section that overrides, key by key, the root section of the same name. */
    static <S, T> Key<S, T> inherited(String name, Section<T> type, Function<S, @Nullable T> getter, String doc) {
        return new Key<>(name, type, getter, null, false, true, false, doc, Set.of(), Set.of(), "");
    }

    /** This key, lending its value to those that inherit. */
    Key<S, T> lent() {
        return new Key<>(name, type, getter, defaultValue, required, inherits, true, doc, onlyFor, requiredFor, excuse);
    }

    /** This key, known to some variants only. */
    Key<S, T> onlyFor(Set<String> variants, String elsewhere) {
        return new Key<>(
                name, type, getter, defaultValue, required, inherits, shared, doc, variants, requiredFor, elsewhere);
    }

    /** This key, known to some variants only, which cannot do without it. */
    Key<S, T> neededBy(Set<String> variants, String elsewhere) {
        return new Key<>(
                name, type, getter, defaultValue, required, inherits, shared, doc, variants, variants, elsewhere);
    }

    boolean knownTo(String variant) {
        return onlyFor.isEmpty() || onlyFor.contains(variant);
    }
}

package io.portward.config.yaml;

import io.portward.config.validate.NearestName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;

/**
 * A mapping with known keys, read into one record.
 *
 * @param name its name in the schema
 * @param doc one line for the operator
 * @param variant the key whose value decides which other keys are known or needed; null when all always are
 * @param builder makes the record from the values of all keys
 * @param checks what no key can know alone
 */
record Section<S>(
        String name,
        String doc,
        List<Key<S, ?>> keys,
        @Nullable Key<S, ? extends Enum<?>> variant,
        Function<Values, S> builder,
        List<Check> checks)
        implements ValueType<S> {

    /**
     * A rule over several keys of one section.
     *
     * @param at the key that the complaint is about
     * @param complaint the message, or null when all is well
     * @param schema the same rule in JSON Schema; empty when it has no words for it
     * @param needed whether the record cannot be built when the rule is broken; a stand-in takes its place then
     */
    record Check(
            Key<?, ?> at, Function<Values, @Nullable String> complaint, Map<String, Object> schema, boolean needed) {

        /** A rule that the record insists on, and that JSON Schema cannot express. */
        Check(Key<?, ?> at, Function<Values, @Nullable String> complaint) {
            this(at, complaint, Map.of(), true);
        }
    }

    Section(String name, String doc, List<Key<S, ?>> keys, Function<Values, S> builder) {
        this(name, doc, keys, null, builder, List.of());
    }

    @Override
    public S read(Node node, Place place, @Nullable S base) {
        if (Nodes.refusesTag(node, place)) {
            return fill(Map.of(), null, place.silenced(), base);
        }
        if (!(node instanceof MappingNode mapping)) {
            place.error(node, "expected the keys " + keyNames(List.of()) + ", found " + Nodes.describe(node));
            return fill(Map.of(), null, place.silenced(), base);
        }
        Map<String, NodeTuple> entries = Mappings.entries(mapping, place);
        entries.forEach((key, tuple) -> {
            if (keys.stream().noneMatch(k -> k.name().equals(key))) {
                place.key(key).error(tuple.getKeyNode(), "unknown key" + hint(key));
            }
        });
        return fill(entries, node, place, base);
    }

    @Override
    public S standIn(Place place) {
        return fill(Map.of(), null, place.silenced(), null);
    }

    private S fill(Map<String, NodeTuple> entries, @Nullable Node node, Place place, @Nullable S base) {
        Values values = new Values(place.name());
        for (Key<S, ?> key : keys) {
            if (key.shared()) {
                place.shared().put(key.name(), readKey(key, entries, node, place, base, values));
            }
        }
        for (Key<S, ?> key : keys) {
            if (!key.shared()) {
                readKey(key, entries, node, place, base, values);
            }
        }
        if (variant != null) {
            checkVariant(variant, entries, node, place, values);
        }
        for (Check check : checks) {
            String complaint = check.complaint().apply(values);
            if (complaint != null) {
                NodeTuple tuple = entries.get(check.at().name());
                place.key(check.at().name()).error(tuple == null ? node : tuple.getValueNode(), complaint);
            }
            if (complaint != null && check.needed()) {
                return base == null ? fill(Map.of(), null, place.silenced(), null) : base;
            }
        }
        return builder.apply(values);
    }

    private <T> Object readKey(
            Key<S, T> key,
            Map<String, NodeTuple> entries,
            @Nullable Node node,
            Place place,
            @Nullable S base,
            Values values) {
        NodeTuple tuple = entries.get(key.name());
        Place at = place.key(key.name());
        T value = fallback(key, place, base);
        if (tuple != null) {
            at.locate(tuple.getValueNode());
            value = key.type().read(tuple.getValueNode(), at, value);
        } else if (value == null && key.required()) {
            at.error(node, "this key is missing" + expected(key));
            value = key.type().standIn(at.silenced());
        }
        values.put(key, value);
        return value == null ? "" : value;
    }

    @SuppressWarnings("unchecked") // an inheriting key has the type of the root key of the same name
    private <T> @Nullable T fallback(Key<S, T> key, Place place, @Nullable S base) {
        if (base != null) {
            return key.getter().apply(base);
        }
        return key.inherits() ? (T) place.shared().get(key.name()) : key.defaultValue();
    }

    private void checkVariant(
            Key<S, ? extends Enum<?>> variantKey,
            Map<String, NodeTuple> entries,
            @Nullable Node node,
            Place place,
            Values values) {
        if (place.problems().isWrong(place.key(variantKey.name()).path())) {
            return;
        }
        String chosen = Scalars.spell(values.get(variantKey));
        for (Key<S, ?> key : keys) {
            NodeTuple tuple = entries.get(key.name());
            if (tuple != null && !key.knownTo(chosen)) {
                place.key(key.name())
                        .error(
                                tuple.getKeyNode(),
                                "does not go with " + variantKey.name() + " '" + chosen + "'"
                                        + (key.excuse().isEmpty() ? "" : "; " + key.excuse()));
            } else if (tuple == null && key.requiredFor().contains(chosen)) {
                place.key(key.name())
                        .error(node, "this key is missing; " + variantKey.name() + " '" + chosen + "' needs it");
            }
        }
    }

    private String hint(String key) {
        List<String> names = keys.stream().map(Key::name).toList();
        String nearest = NearestName.hint(key, names);
        return nearest.isEmpty() ? " (known here: " + keyNames(names) + ")" : nearest;
    }

    private String keyNames(List<String> names) {
        return String.join(", ", names.isEmpty() ? keys.stream().map(Key::name).toList() : names);
    }

    private static String expected(Key<?, ?> key) {
        return key.type() instanceof ScalarType<?> scalar ? " (expected: " + scalar.expected() + ")" : "";
    }

    /** Whether {@code value} is of a variant that knows {@code key}. */
    private boolean applies(Key<S, ?> key, S value) {
        if (variant == null) {
            return true;
        }
        Enum<?> chosen = variant.getter().apply(value);
        return chosen != null && key.knownTo(Scalars.spell(chosen));
    }

    @Override
    public Object tree(S value) {
        Map<String, Object> tree = new LinkedHashMap<>();
        for (Key<S, ?> key : keys) {
            if (applies(key, value)) {
                putTree(tree, key, value);
            }
        }
        return tree;
    }

    private <T> void putTree(Map<String, Object> tree, Key<S, T> key, S value) {
        T item = key.getter().apply(value);
        if (item != null) {
            tree.put(key.name(), key.type().tree(item));
        }
    }

    @Override
    public Map<String, Object> schema(Map<String, Object> definitions) {
        if (!definitions.containsKey(name)) {
            // Taken before the keys are walked, so that definitions stand in the order of the file.
            definitions.put(name, Map.of());
            definitions.put(name, objectSchema(definitions));
        }
        return Scalars.ordered("$ref", "#/$defs/" + name);
    }

    /** The schema itself instead of a reference to it. */
    Map<String, Object> objectSchema(Map<String, Object> definitions) {
        Map<String, Object> properties = new LinkedHashMap<>();
        keys.forEach(key -> properties.put(key.name(), keySchema(key, definitions)));
        Map<String, Object> schema = Scalars.ordered("description", doc, "type", "object", "properties", properties);
        List<String> required =
                keys.stream().filter(Key::required).map(Key::name).toList();
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        schema.put("additionalProperties", false);
        List<Object> rules = new ArrayList<>();
        checks.stream().map(Check::schema).filter(rule -> !rule.isEmpty()).forEach(rules::add);
        if (variant != null) {
            rules.addAll(variantSchemas(variant));
        }
        if (!rules.isEmpty()) {
            schema.put("allOf", rules);
        }
        return schema;
    }

    private <T> Map<String, Object> keySchema(Key<S, T> key, Map<String, Object> definitions) {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("description", key.doc());
        schema.putAll(key.type().schema(definitions));
        T defaultValue = key.defaultValue();
        if (defaultValue != null && key.requiredFor().isEmpty() && !(key.type() instanceof Section<?>)) {
            schema.put("default", key.type().tree(defaultValue));
        }
        return schema;
    }

    private List<Object> variantSchemas(Key<S, ? extends Enum<?>> variantKey) {
        Object values = variantKey.type().schema(new LinkedHashMap<>()).get("enum");
        List<Object> schemas = new ArrayList<>();
        if (values instanceof List<?> names) {
            for (Object chosen : names) {
                schemas.add(variantSchema(variantKey.name(), (String) chosen));
            }
        }
        return schemas;
    }

    private Map<String, Object> variantSchema(String variantKey, String chosen) {
        Map<String, Object> refused = new LinkedHashMap<>();
        List<String> needed = new ArrayList<>();
        for (Key<S, ?> key : keys) {
            if (!key.knownTo(chosen)) {
                refused.put(key.name(), false);
            }
            if (key.requiredFor().contains(chosen)) {
                needed.add(key.name());
            }
        }
        Map<String, Object> condition = Scalars.ordered(
                "properties", Map.of(variantKey, Map.of("const", chosen)), "required", List.of(variantKey));
        Map<String, Object> consequence = Scalars.ordered("properties", refused);
        if (!needed.isEmpty()) {
            consequence.put("required", needed);
        }
        return Scalars.ordered("if", condition, "then", consequence);
    }
}

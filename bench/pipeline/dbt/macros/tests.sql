{% test within(model, column_name, minimum=none, maximum=none) %}
SELECT {{ column_name }} FROM {{ model }}
WHERE {% if minimum is not none %}{{ column_name }} < {{ minimum }}{% endif %}
{% if minimum is not none and maximum is not none %}OR{% endif %}
{% if maximum is not none %}{{ column_name }} > {{ maximum }}{% endif %}
{% endtest %}

{% test unique_together(model, columns) %}
SELECT {{ columns | join(', ') }} FROM {{ model }} GROUP BY {{ columns | join(', ') }} HAVING count(*) > 1
{% endtest %}

-- The objects of a schema, and those elsewhere that belong to its tables: kind, table, name and form of each.
-- Names come from the catalog. The search path is empty meanwhile, so what is not PostgreSQL's own has its schema's name.
-- "<vector>" is the schema of pgvector: no name has these signs outside of quotes.
WITH place AS (SELECT oid FROM pg_namespace WHERE nspname = %(schema)s),
extension AS (
    SELECT e.oid, quote_ident(nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
    WHERE extname = 'vector'
),
member AS (
    SELECT classid, objid FROM pg_depend JOIN extension e ON refobjid = e.oid
    WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
),
relation AS (SELECT c.* FROM pg_class c JOIN place ON relnamespace = place.oid),
own AS (SELECT * FROM relation WHERE relkind IN ('r', 'p')),
object (kind, owner, name, form) AS (
    SELECT
        CASE relkind
            WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
            WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table'
        END,
        '',
        relname,
        concat_ws(', ',
            CASE WHEN relpersistence <> 'p' THEN concat('persistence ', relpersistence) END,
            CASE WHEN relrowsecurity OR relforcerowsecurity THEN 'row level security' END,
            CASE WHEN reloftype <> 0 THEN concat('of ', reloftype::regtype) END,
            (
                SELECT concat('partitioned ', partstrat, ' ', partnatts,
                    (SELECT string_agg(concat(' ', attname), '') FROM pg_attribute
                        WHERE attrelid = r.oid AND attnum = ANY (partattrs)),
                    (SELECT string_agg(concat(' ', opcnamespace::regnamespace, '.', opcname), '') FROM pg_opclass o
                        WHERE o.oid = ANY (partclass)))
                FROM pg_partitioned_table WHERE partrelid = r.oid
            ),
            (
                SELECT string_agg(concat('part of ', coalesce(p.relname::text, inhparent::regclass::text)), ', ')
                FROM pg_inherits LEFT JOIN own p ON p.oid = inhparent WHERE inhrelid = r.oid
            ),
            (
                SELECT concat(seqtypid::regtype, ' from ', seqmin, ' by ', seqincrement, ' to ', seqmax,
                    ' cache ', seqcache, CASE WHEN seqcycle THEN ' cycle' END,
                    (SELECT string_agg(concat(' of ', o.relname, '.', attname), '')
                        FROM pg_depend JOIN own o ON o.oid = refobjid
                        JOIN pg_attribute ON attrelid = o.oid AND attnum = refobjsubid
                        WHERE classid = 'pg_class'::regclass AND objid = r.oid AND deptype = 'i'))
                FROM pg_sequence WHERE seqrelid = r.oid
            )
        )
    FROM relation r WHERE relkind NOT IN ('i', 'I')
UNION ALL
    SELECT 'column', relname, attname, concat_ws(' ',
        CASE
            WHEN typtype = 'b' AND (t.oid IN (SELECT objid FROM member WHERE classid = 'pg_type'::regclass))
            THEN concat('<vector>.', typname) ELSE format_type(atttypid, atttypmod)
        END,
        CASE WHEN attcollation <> 0 THEN concat('collate ', attcollation::regcollation) END,
        CASE WHEN attnotnull THEN 'not null' END,
        CASE WHEN attidentity <> '' THEN concat('identity ', attidentity) END,
        CASE WHEN attgenerated <> '' THEN concat('generated ', attgenerated) END,
        (SELECT concat('default ', pg_get_expr(adbin, adrelid)) FROM pg_attrdef
            WHERE adrelid = r.oid AND adnum = attnum))
    FROM own r JOIN pg_attribute ON attrelid = r.oid JOIN pg_type t ON t.oid = atttypid
    WHERE attnum > 0 AND NOT attisdropped
UNION ALL
    -- A foreign key: the columns, its table with theirs, and what follows a deletion and an update there. "n" is NOT
    -- NULL, which is no constraint before version 18; the column has it.
    SELECT 'constraint', r.relname, conname, concat_ws(' ',
        contype,
        CASE WHEN contype <> 'c' THEN (
            SELECT concat('(', string_agg(attname, ', ' ORDER BY place), ')')
            FROM unnest(conkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute ON attrelid = conrelid AND attnum = number
        ) END,
        CASE WHEN confrelid <> 0 THEN (
            SELECT concat('to ', coalesce(o.relname::text, confrelid::regclass::text), ' (',
                string_agg(attname, ', ' ORDER BY place), ') ', confdeltype, confupdtype)
            FROM unnest(confkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute ON attrelid = confrelid AND attnum = number
        ) END,
        pg_get_expr(conbin, conrelid),
        CASE WHEN condeferrable THEN 'deferrable' END,
        CASE WHEN NOT convalidated THEN 'not valid' END)
    FROM pg_constraint JOIN own r ON r.oid = conrelid LEFT JOIN own o ON o.oid = confrelid WHERE contype <> 'n'
UNION ALL
    SELECT 'constraint', '', concat(conrelid::regclass, '.', conname), concat('elsewhere, to ', o.relname)
    FROM pg_constraint JOIN own o ON o.oid = confrelid WHERE conrelid NOT IN (SELECT oid FROM own)
UNION ALL
    SELECT 'index', r.relname, i.relname, concat_ws(' ',
        amname,
        CASE WHEN indisunique THEN 'unique' END,
        (
            SELECT string_agg(concat_ws(' ',
                replace(pg_get_indexdef(indexrelid, key, false), concat(e.schema, '.'), '<vector>.'),
                CASE
                    WHEN opcnamespace = 'pg_catalog'::regnamespace THEN opcname::text
                    WHEN o.oid IN (SELECT objid FROM member WHERE classid = 'pg_opclass'::regclass)
                    THEN concat('<vector>.', opcname) ELSE concat(opcnamespace::regnamespace, '.', opcname)
                END,
                CASE WHEN indcollation[key - 1] <> 0 THEN indcollation[key - 1]::regcollation END),
                ', ' ORDER BY key)
            FROM generate_series(1, indnatts) AS key
            LEFT JOIN pg_opclass o ON o.oid = indclass[key - 1] LEFT JOIN extension e ON true
        ),
        'where ' || pg_get_expr(indpred, indrelid))
    FROM pg_index JOIN own r ON r.oid = indrelid JOIN pg_class i ON i.oid = indexrelid JOIN pg_am a ON a.oid = i.relam
UNION ALL
    -- PostgreSQL's own triggers check foreign keys, unless they are switched off.
    SELECT 'trigger', relname, tgname, ''
    FROM pg_trigger JOIN relation r ON r.oid = tgrelid JOIN pg_proc p ON p.oid = tgfoid
    WHERE NOT tgisinternal OR pronamespace <> 'pg_catalog'::regnamespace OR tgenabled <> 'O'
UNION ALL
    SELECT 'rule', relname, rulename, '' FROM pg_rewrite JOIN own r ON r.oid = ev_class
UNION ALL
    SELECT 'policy', relname, polname, '' FROM pg_policy JOIN own r ON r.oid = polrelid
UNION ALL
    SELECT 'table', '', inhrelid::regclass::text, concat('elsewhere, part of ', relname)
    FROM pg_inherits JOIN own r ON r.oid = inhparent WHERE inhrelid NOT IN (SELECT oid FROM relation)
UNION ALL
    SELECT 'function', '', concat(proname, '(', oidvectortypes(proargtypes), ')'), concat_ws(' ',
        lanname, prokind, provolatile,
        CASE WHEN prosecdef THEN 'definer' END,
        CASE WHEN proisstrict THEN 'strict' END,
        CASE WHEN proretset THEN 'set of' END,
        prorettype::regtype, proargnames::text, proconfig::text, prosrc)
    FROM pg_proc JOIN place ON pronamespace = place.oid JOIN pg_language l ON l.oid = prolang
UNION ALL
    -- Each table has a type of its rows, and each type one of lists.
    SELECT 'type', '', typname, '' FROM pg_type t JOIN place ON typnamespace = place.oid
    WHERE typrelid = 0 AND NOT EXISTS (SELECT 1 FROM pg_type e WHERE e.typarray = t.oid)
UNION ALL
    SELECT 'cast', '', concat(castsource::regtype, ' to ', casttarget::regtype), '' FROM pg_cast
    WHERE EXISTS (
        SELECT 1 FROM own JOIN pg_type t ON t.oid = reltype
        WHERE castsource IN (t.oid, typarray) OR casttarget IN (t.oid, typarray)
    )
UNION ALL
    SELECT 'operator', '', oprname, '' FROM pg_operator JOIN place ON oprnamespace = place.oid
UNION ALL
    SELECT 'operator class', '', opcname, '' FROM pg_opclass JOIN place ON opcnamespace = place.oid
UNION ALL
    SELECT 'operator family', '', opfname, '' FROM pg_opfamily JOIN place ON opfnamespace = place.oid
UNION ALL
    SELECT 'collation', '', collname, '' FROM pg_collation JOIN place ON collnamespace = place.oid
UNION ALL
    SELECT 'conversion', '', conname, '' FROM pg_conversion JOIN place ON connamespace = place.oid
UNION ALL
    SELECT 'text search configuration', '', cfgname, '' FROM pg_ts_config JOIN place ON cfgnamespace = place.oid
UNION ALL
    SELECT 'text search dictionary', '', dictname, '' FROM pg_ts_dict JOIN place ON dictnamespace = place.oid
UNION ALL
    SELECT 'statistics', '', stxname, '' FROM pg_statistic_ext
    WHERE stxnamespace IN (SELECT oid FROM place) OR stxrelid IN (SELECT oid FROM own)
UNION ALL
    SELECT 'extension', '', 'vector', schema FROM extension
)
SELECT kind, owner, name::text, left(form, %(most_characters)s) FROM object LIMIT %(most_objects)s

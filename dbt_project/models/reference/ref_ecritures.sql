-- Every spelling a choice may be read from: printed labels and listed variants, normalised once.
with

variantes as (
    select
        liste,
        variante as ecriture,
        code,
        nature,
        string_to_array(millesimes, ';') as millesimes
    from {{ ref('ref_variantes') }}
),

libelles as (
    select
        modalites.liste,
        modalites.libelle as ecriture,
        modalites.code,
        'libelle' as nature,
        null::text[] as millesimes
    from {{ ref('ref_modalites') }} as modalites
    -- A label that a vintage claims as its own spelling is already among the variants.
    where not exists (
        select
        from variantes
        where
            variantes.liste = modalites.liste
            and variantes.nature = 'autre_millesime'
            and variantes.ecriture = modalites.libelle
    )
)

select
    liste,
    {{ function('normaliser') }}(ecriture) as cle,
    {{ function('mots') }}(ecriture) as mots,
    code,
    nature,
    millesimes
from variantes
union all
select
    liste,
    {{ function('normaliser') }}(ecriture) as cle,
    {{ function('mots') }}(ecriture) as mots,
    code,
    nature,
    millesimes
from libelles

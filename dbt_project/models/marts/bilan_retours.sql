{{ config(
    portee='envois',
    par=[['trimestre', 'niveau'], ['trimestre', 'niveau', 'code']],
    lectures=[['niveau', 'code', 'trimestre'], ['trimestre', 'niveau']]
) }}

-- What became of the returns owed by a scope.
select
    trimestre,
    niveau,
    code,
    libelle,
    nb_attendus,
    nb_repondants as nb_acceptes,
    nb_hors_delai,
    nb_rejetes,
    nb_attendus - nb_repondants - nb_rejetes as nb_non_recus,
    round(nb_repondants::numeric / nb_attendus, 6) as part_acceptes,
    {{ arrete_le() }} as arrete_le
from {{ ref('int_bilans') }}

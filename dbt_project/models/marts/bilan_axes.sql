-- A quarter counts its respondents; a cumul counts every return in force since the first quarter.
with

sommes as (
    select
        perimetres.niveau,
        perimetres.code,
        axes.trimestre,
        axes.axe,
        axes.indicateur,
        sum(axes.valeur) as valeur,
        sum(axes.nb_valeurs)::integer as nb_valeurs
    from {{ ref('int_axes') }} as axes
    inner join {{ ref('int_perimetres') }} as perimetres on axes.territoire_id = perimetres.territoire_id
    where axes.en_vigueur
    group by perimetres.niveau, perimetres.code, axes.trimestre, axes.axe, axes.indicateur
),

mesures as (
    select
        axes.code as axe,
        indicateurs.indicateur
    from {{ ref('ref_modalites') }} as axes
    cross join (
        values ('actions'), ('occurrences'), ('participants'), ('actions_frein'), ('cout_cite')
    ) as indicateurs (indicateur)
    where axes.liste = 'axes'
)

select
    couverture.trimestre,
    couverture.niveau,
    couverture.code,
    couverture.libelle,
    mesures.axe,
    mesures.indicateur,
    sommes.valeur as valeur_trimestre,
    sum(sommes.valeur) over (
        partition by couverture.niveau, couverture.code, mesures.axe, mesures.indicateur
        order by couverture.trimestre
    ) as valeur_cumul,
    couverture.nb_repondants,
    couverture.nb_attendus,
    coalesce(sommes.nb_valeurs, 0) as nb_valeurs,
    couverture.arrete_le
from {{ ref('int_couverture') }} as couverture
cross join mesures
left join sommes
    on
        couverture.niveau = sommes.niveau
        and couverture.code = sommes.code
        and couverture.trimestre = sommes.trimestre
        and mesures.axe = sommes.axe
        and mesures.indicateur = sommes.indicateur
